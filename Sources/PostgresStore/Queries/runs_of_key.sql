-- runs_of_key.sql: the runs that have not ended of concurrency key $3 of workflow $2 on account $1, the oldest first.
SELECT id, key_place, EXISTS (SELECT FROM run_cancellations WHERE run = id) AS is_cancelled
FROM runs WHERE account = $1 AND workflow = $2 AND key = $3 AND state <> 'finished' ORDER BY number
