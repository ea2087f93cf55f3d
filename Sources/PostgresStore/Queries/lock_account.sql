-- lock_account.sql: the fence row of account $1, waiting for a batch in flight, with who holds it.
SELECT engine.epoch, engine.worker, worker.host, worker.boot_id, worker.pid, worker.process_start, worker.program,
    date_trunc('second', engine.acquired_at) AS held_since,
    worker.ended_at IS NULL AND worker.lease_until > clock_timestamp() AS is_leased
FROM account_engines AS engine LEFT JOIN workers AS worker ON worker.id = engine.worker
WHERE engine.account = $1 FOR UPDATE OF engine
