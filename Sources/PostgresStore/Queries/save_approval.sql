-- save_approval.sql: stores a set of approved orders; the same step stores it once.
INSERT INTO approvals (digest, run, step_path, orders, expires_at_ns) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
