-- record_safe_mode.sql: puts account $1 into safe mode since $5, or since now by the database's clock, unless it is in one.
INSERT INTO safe_modes (account, code, reason, entered_by, since_ns)
VALUES ($1, $2, $3, $4, coalesce($5, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000))
ON CONFLICT (account) WHERE left_at IS NULL DO NOTHING
