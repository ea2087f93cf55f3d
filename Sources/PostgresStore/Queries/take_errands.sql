-- take_errands.sql: up to $2 questions of other workers' runs for worker $1: for agents with fingerprints $3, of accounts
-- $4, NULL for any; none of $5, which it has given back. Only of runs that go on: held at that epoch by a living worker, and
-- not cancelled. The state is compared as a text, as in complete_steps.sql.
WITH open AS (
    SELECT errand.id FROM agent_errands AS errand
    JOIN runs AS run ON run.id = errand.run AND run.epoch = errand.epoch
    JOIN workers AS holder ON holder.id = run.worker
    WHERE errand.worker IS NULL AND run.state::text = 'running' AND holder.id <> $1::uuid
        AND holder.ended_at IS NULL AND holder.lease_until > clock_timestamp()
        AND errand.fingerprint = ANY ($3::text[]) AND errand.id <> ALL ($5::text[])
        AND ($4::text[] IS NULL OR errand.account = ANY ($4) OR split_part(errand.account, '@', 1) = ANY ($4))
        AND NOT EXISTS (SELECT FROM run_cancellations AS wish WHERE wish.run = run.id)
        AND EXISTS (
            SELECT FROM workers WHERE id = $1::uuid AND ended_at IS NULL AND lease_until > clock_timestamp()
        )
    ORDER BY errand.number LIMIT $2 FOR UPDATE OF errand SKIP LOCKED
)
UPDATE agent_errands AS errand SET worker = $1::uuid, claim = errand.claim + 1, taken_at = clock_timestamp()
FROM open WHERE errand.id = open.id
RETURNING errand.number, errand.id, errand.run, errand.epoch, errand.account, errand.path, errand.agent,
    errand.fingerprint, errand.timeout_ms, errand.request, errand.claim
