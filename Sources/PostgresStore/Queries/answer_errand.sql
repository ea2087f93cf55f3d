-- answer_errand.sql: answers question $1, which worker $2 has under claim $3, with $4; nothing once the lease is over or
-- the run is not held at that epoch any more.
UPDATE agent_errands AS errand SET answer = $4::json
WHERE errand.id = $1 AND errand.worker = $2::uuid AND errand.claim = $3
    AND EXISTS (
        SELECT FROM workers WHERE id = errand.worker AND ended_at IS NULL AND lease_until > clock_timestamp()
    )
    AND EXISTS (
        SELECT FROM runs WHERE id = errand.run AND epoch = errand.epoch AND state::text = 'running' FOR SHARE
    )
RETURNING errand.id
