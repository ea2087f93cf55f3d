-- cancel_run.sql: asks run $1 to end early, unless somebody has.
INSERT INTO run_cancellations (run, reason, requested_by)
SELECT id, $2, $3 FROM runs WHERE id = $1 AND state <> 'finished' ON CONFLICT DO NOTHING
