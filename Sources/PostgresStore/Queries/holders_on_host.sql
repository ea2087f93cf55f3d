-- holders_on_host.sql: other workers of host $1 than $2 that hold something under a valid lease; one may have died.
SELECT worker.id, worker.host, worker.boot_id, worker.pid, worker.process_start
FROM workers AS worker
WHERE worker.host = $1 AND worker.id <> $2::uuid AND worker.ended_at IS NULL AND worker.lease_until > clock_timestamp()
    AND (EXISTS (SELECT FROM account_engines AS engine WHERE engine.worker = worker.id)
        OR EXISTS (SELECT FROM runs AS run WHERE run.worker = worker.id AND run.state = 'running')
        OR EXISTS (SELECT FROM agent_errands AS errand WHERE errand.worker = worker.id))
