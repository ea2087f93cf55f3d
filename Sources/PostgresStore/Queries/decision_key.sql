-- decision_key.sql: who took the key first, and what became of it.
SELECT economic_hash, decision, first_run, first_step, outcome FROM decision_keys
WHERE account = $1 AND agent = $2 AND key = $3
