-- decision_of_step.sql: the decision that step $2 of run $1 recorded.
SELECT account, agent, key, decision, economic_hash, symbol, kind, envelope, request, reply, log, breaker_open, run,
    step_path, decided_at_ns, asked_by
FROM decisions WHERE run = $1 AND step_path = $2
