-- flatten_halt.sql: asks halt $1 to close positions too, in the name of $2; asked again, nothing changes.
INSERT INTO halt_flattens (halt, asked_by) VALUES ($1, $2) ON CONFLICT (halt) DO NOTHING
