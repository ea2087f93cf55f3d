-- take_decision_key.sql: takes the key of a decision, unless it is taken; waits for whoever is taking it.
INSERT INTO decision_keys (account, agent, key, economic_hash, decision, first_run, first_step)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
