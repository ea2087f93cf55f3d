-- decision_detail.sql: the newest decision of id $1, or the one behind parent $2, with what became of it.
SELECT decision.account, decision.agent, decision.key, decision.decision, decision.economic_hash, decision.symbol,
    decision.kind, decision.envelope, decision.request, decision.reply, decision.log, decision.breaker_open, decision.run,
    decision.step_path, decision.decided_at_ns, decision.asked_by, taken.outcome
FROM decisions AS decision
LEFT JOIN decision_keys AS taken USING (account, agent, key)
LEFT JOIN parent_orders AS parent ON parent.id = $2
WHERE decision.decision = coalesce($1, parent.decision)
ORDER BY decision.run IS NOT DISTINCT FROM parent.run DESC, decision.number DESC LIMIT 1
