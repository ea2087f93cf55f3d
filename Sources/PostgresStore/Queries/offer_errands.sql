-- offer_errands.sql: puts questions up, in order, unless they are there.
INSERT INTO agent_errands (id, run, epoch, account, path, agent, fingerprint, timeout_ms, request)
SELECT id, run, epoch, account, path, agent, fingerprint, timeout_ms, request::json
FROM unnest(
    $1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[]
) WITH ORDINALITY AS asked (id, run, epoch, account, path, agent, fingerprint, timeout_ms, request, place)
ORDER BY place ON CONFLICT DO NOTHING
