-- record_decision.sql: records a decision with everything that explains it.
INSERT INTO decisions (
    account, agent, key, decision, economic_hash, symbol, kind, envelope, request, reply, log, breaker_open, run,
    step_path, decided_at_ns
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
