-- end_halt.sql: ends halt $1.
INSERT INTO halt_ends (halt, reason, deactivated_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
