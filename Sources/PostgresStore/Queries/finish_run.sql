-- finish_run.sql: ends run $1 of epoch $2.
UPDATE runs SET state = 'finished', status = $3, ended_at_ns = $4, finished_at = clock_timestamp(), worker = NULL
WHERE id = $1 AND epoch = $2 AND state = 'running'
