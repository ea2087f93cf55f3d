-- next_run.sql: the oldest ready run that worker $1 may claim: of accounts $2, which it is busy with, only with launch $5;
-- of accounts $3, NULL for any; none of $4, which it has just tried; none that failed $6 times in a row, NULL for any number.
-- Others skip it until the transaction ends.
SELECT run.id
FROM runs AS run
WHERE run.state = 'ready' AND (run.claim_after IS NULL OR run.claim_after <= clock_timestamp())
    AND run.id <> ALL ($4::text[])
    AND ($6::int8 IS NULL OR run.failures < $6::int8)
    AND NOT EXISTS (
        SELECT FROM unnest($2::text[], $5::text[]) AS busy (account, launch)
        WHERE busy.account = run.account AND (busy.launch IS NULL
            OR busy.launch <> (SELECT body.launch::text FROM run_bodies AS body WHERE body.run = run.id))
    )
    AND ($3::text[] IS NULL OR run.account = ANY ($3) OR split_part(run.account, '@', 1) = ANY ($3))
    AND (run.key IS NULL OR run.key_place IS NOT NULL
        OR EXISTS (SELECT FROM run_cancellations AS wish WHERE wish.run = run.id)
        OR run.key_limit > (
            SELECT count(*) FROM runs AS other
            WHERE other.account = run.account AND other.workflow = run.workflow AND other.key = run.key
                AND other.state <> 'finished' AND other.key_place IS NOT NULL
        ))
    AND NOT EXISTS (
        SELECT FROM account_engines AS engine JOIN workers AS worker ON worker.id = engine.worker
        WHERE engine.account = run.account AND worker.id <> $1::uuid
            AND worker.ended_at IS NULL AND worker.lease_until > clock_timestamp()
    )
    AND NOT EXISTS (
        SELECT FROM runs AS other JOIN workers AS worker ON worker.id = other.worker
        WHERE other.account = run.account AND other.state = 'running' AND worker.id <> $1::uuid
            AND worker.ended_at IS NULL AND worker.lease_until > clock_timestamp()
    )
ORDER BY run.number LIMIT 1 FOR NO KEY UPDATE OF run SKIP LOCKED
