-- approvals_of_run.sql: what run $1 has asked, the oldest first.
SELECT plan, digest, state, on_timeout, asked_at, expires_at, decided_by, decided_at, decided_how, note
FROM approval_requests WHERE run = $1 ORDER BY number
