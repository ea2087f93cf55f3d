-- list_safe_modes.sql: the newest $2 safe modes of account $1 (NULL: any), those in force before all others.
SELECT account, code, reason, entered_by, since_ns, entered_at, left_by, left_reason, left_at FROM safe_modes
WHERE $1::text IS NULL OR $1 IN (account, split_part(account, '@', 1))
ORDER BY left_at IS NULL DESC, number DESC LIMIT $2
