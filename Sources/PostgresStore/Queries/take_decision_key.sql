-- take_decision_key.sql: takes the key of a decision and records it with everything that explains it, unless the key is
-- taken; waits for whoever is taking it.
WITH taken AS (
    INSERT INTO decision_keys (account, agent, key, decision, economic_hash, first_run, first_step)
    VALUES ($1, $2, $3, $4, $5, $13, $14) ON CONFLICT DO NOTHING RETURNING account
)
INSERT INTO decisions (
    account, agent, key, decision, economic_hash, symbol, kind, envelope, request, reply, log, breaker_open, run,
    step_path, decided_at_ns, asked_by
)
SELECT account, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::uuid FROM taken
