-- complete_step.sql: records a finished step of run $1, unless its path is done.
WITH done AS (
    INSERT INTO step_done (run, path) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING run, path, number
)
INSERT INTO step_runs (run, path, number, uses, effect, outcome, started_at_ns, done_at_ns)
SELECT run, path, number, $3, $4, $5::json, $6, $7 FROM done
