-- queue_state.sql: how many runs wait and are worked, and how long the oldest one that could be claimed has waited.
SELECT count(*) FILTER (WHERE state = 'ready') AS ready,
    count(*) FILTER (WHERE state = 'ready' AND claim_after > clock_timestamp()) AS postponed,
    count(*) FILTER (WHERE state = 'running') AS running,
    count(*) FILTER (WHERE state = 'waiting') AS waiting,
    extract(epoch FROM clock_timestamp() - min(greatest(created_at, claim_after)) FILTER (
        WHERE state = 'ready' AND (claim_after IS NULL OR claim_after <= clock_timestamp())
    ))::double precision AS oldest_seconds
FROM runs WHERE state <> 'finished'
