-- resolve_decisions.sql: stores what became of decisions of account $1, for their first run $2 only.
UPDATE decision_keys AS decision SET outcome = asked.outcome
FROM unnest($3::text[], $4::text[], $5::text[]) AS asked (agent, key, outcome)
WHERE decision.account = $1 AND decision.agent = asked.agent AND decision.key = asked.key AND decision.first_run = $2
