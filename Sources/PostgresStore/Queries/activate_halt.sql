-- activate_halt.sql: halts account $2 (NULL: all) since $5, or since now by the database's clock; its flatten is asked for apart.
INSERT INTO halts (id, account, reason, activated_by, since_ns)
VALUES ($1, $2, $3, $4, coalesce($5, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000))
