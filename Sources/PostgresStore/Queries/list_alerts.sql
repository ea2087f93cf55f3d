-- list_alerts.sql: the newest $2 alerts of account $1 (NULL: any).
SELECT account, parent, code, message, at_ns, recorded_at FROM alerts WHERE $1::text IS NULL OR $1 IN (account, split_part(account, '@', 1))
ORDER BY number DESC LIMIT $2
