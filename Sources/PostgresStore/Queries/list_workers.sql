-- list_workers.sql: workers with a lease first, then by start; with what they hold.
SELECT worker.id, worker.host, worker.pid, worker.program, worker.started_at, worker.lease_until, worker.ended_at, worker.serves,
    worker.ended_at IS NULL AND worker.lease_until > clock_timestamp() AS is_leased,
    ARRAY(SELECT account FROM account_engines WHERE worker = worker.id ORDER BY account COLLATE "C") AS accounts,
    ARRAY(SELECT run.id FROM runs AS run WHERE run.worker = worker.id AND run.state = 'running' ORDER BY run.number)
        AS runs
FROM workers AS worker
ORDER BY worker.ended_at IS NULL AND worker.lease_until > clock_timestamp() DESC, worker.started_at DESC LIMIT $1
