-- serving_workers.sql: workers under a valid lease that claim runs of account $1, those that hold it now first; with $2
-- also those whose lease ran out and was not ended.
SELECT worker.id, worker.lease_until > clock_timestamp() AS is_leased, worker.host, worker.boot_id, worker.pid, worker.process_start, worker.program,
    EXISTS (SELECT FROM account_engines AS engine WHERE engine.account = $1 AND engine.worker = worker.id) AS holds
FROM workers AS worker
WHERE worker.ended_at IS NULL AND ($2::boolean OR worker.lease_until > clock_timestamp())
    AND worker.serves && ARRAY['*', $1, split_part($1, '@', 1)]
ORDER BY holds DESC, worker.started_at
