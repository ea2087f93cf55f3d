-- resolve_decision.sql: stores what became of a decision, for its first run only.
UPDATE decision_keys SET outcome = $5 WHERE account = $1 AND agent = $2 AND key = $3 AND first_run = $4
