-- look_at_errands.sql: how questions $1 stand; lost are those whose worker has no lease any more.
SELECT id, worker, extract(epoch FROM clock_timestamp() - taken_at)::double precision AS seconds, answer,
    EXISTS (SELECT FROM run_cancellations AS wish WHERE wish.run = agent_errands.run) AS is_cancelled,
    worker IS NOT NULL AND NOT EXISTS (
        SELECT FROM workers
        WHERE id = agent_errands.worker AND ended_at IS NULL AND lease_until > clock_timestamp()
    ) AS is_lost
FROM agent_errands WHERE id = ANY ($1::text[])
