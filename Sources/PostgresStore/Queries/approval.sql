-- approval.sql: the approval of digest $1 that holds longest.
SELECT run, step_path, orders, expires_at_ns FROM approvals WHERE digest = $1
ORDER BY expires_at_ns DESC, recorded_at DESC LIMIT 1
