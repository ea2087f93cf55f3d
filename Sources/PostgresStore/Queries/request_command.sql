-- request_command.sql: asks something of parent $1, unless it is final.
INSERT INTO parent_commands (parent, account, kind, reason, requested_by, body)
SELECT id, account, $2, $3, $4, $5::jsonb FROM parent_orders WHERE id = $1 AND ended_at_ns IS NULL
