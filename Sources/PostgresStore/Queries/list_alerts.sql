-- list_alerts.sql: the newest $2 alerts of account $1 (NULL: any); with $3 only those that nobody has acknowledged.
SELECT alert.number, alert.account, alert.parent, alert.code, alert.level, alert.message, alert.at_ns, alert.recorded_at,
    seen.acknowledged_by, seen.note, seen.acknowledged_at
FROM alerts AS alert LEFT JOIN alert_acknowledgements AS seen ON seen.alert = alert.number
WHERE ($1::text IS NULL OR $1 IN (alert.account, split_part(alert.account, '@', 1)))
    AND (NOT $3::boolean OR seen.alert IS NULL)
ORDER BY alert.number DESC LIMIT $2
