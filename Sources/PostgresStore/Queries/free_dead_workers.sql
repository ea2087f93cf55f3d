-- free_dead_workers.sql: raises the epochs of what workers hold that are $1 or whose lease ran out; their runs are ready
-- again. What a stalled process has locked is left to the next time. Whoever asks, $2, may have stood still itself: what
-- nobody has taken from it stays its own. One that died within a minute of its claim may have died of the run. A lease
-- that ran out an hour ago ends for good.
WITH dead AS MATERIALIZED (
    SELECT id FROM workers
    WHERE (ended_at IS NULL AND lease_until <= clock_timestamp() AND id IS DISTINCT FROM $2::uuid)
        OR id = ANY ($1::uuid[])
), engines AS (
    UPDATE account_engines AS engine SET epoch = engine.epoch + 1, worker = NULL, incarnation = NULL, acquired_at = NULL
    FROM (
        SELECT account FROM account_engines WHERE worker IN (SELECT id FROM dead) FOR NO KEY UPDATE SKIP LOCKED
    ) AS held
    WHERE engine.account = held.account
), gone AS (
    UPDATE workers SET ended_at = greatest(started_at, lease_until)
    WHERE id IN (SELECT id FROM dead) AND ended_at IS NULL AND lease_until < clock_timestamp() - interval '1 hour'
)
UPDATE runs AS run SET state = 'ready', epoch = run.epoch + 1, worker = NULL,
    failures = CASE WHEN run.claimed_at > clock_timestamp() - interval '1 minute' THEN run.failures + 1 ELSE 0 END
FROM (
    SELECT id FROM runs WHERE state = 'running' AND worker IN (SELECT id FROM dead) FOR NO KEY UPDATE SKIP LOCKED
) AS held
WHERE run.id = held.id RETURNING run.id
