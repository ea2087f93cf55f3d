-- claim_run.sql: gives run $1 to worker $2 under a higher epoch.
UPDATE runs SET state = 'running', worker = $2::uuid, epoch = epoch + 1, claimed_at = clock_timestamp()
WHERE id = $1 RETURNING epoch
