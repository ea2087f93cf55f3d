-- sweep_errands.sql: opens questions again whose worker is one of $1 or without a lease, but for those of whoever asks, $2,
-- and removes those whose run is not worked at their epoch any more. What is locked is left to the next time.
WITH over AS (
    DELETE FROM agent_errands WHERE id IN (
        SELECT errand.id FROM agent_errands AS errand
        WHERE NOT EXISTS (
            SELECT FROM runs WHERE id = errand.run AND epoch = errand.epoch AND state::text = 'running'
        ) FOR UPDATE OF errand SKIP LOCKED
    )
)
UPDATE agent_errands SET worker = NULL, taken_at = NULL WHERE id IN (
    SELECT errand.id FROM agent_errands AS errand
    WHERE errand.worker IS NOT NULL AND errand.answer IS NULL AND errand.worker IS DISTINCT FROM $2::uuid
        AND EXISTS (SELECT FROM runs WHERE id = errand.run AND epoch = errand.epoch AND state::text = 'running')
        AND NOT EXISTS (
            SELECT FROM workers
            WHERE id = errand.worker AND id <> ALL ($1::uuid[]) AND ended_at IS NULL
                AND lease_until > clock_timestamp()
        )
    FOR UPDATE OF errand SKIP LOCKED
)
