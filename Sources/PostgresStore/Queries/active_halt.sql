-- active_halt.sql: the halt in force for account $1, if any.
SELECT id, reason, activated_by, since_ns, flattens FROM active_halts($1)
