-- acknowledge_alerts.sql: $2 has seen the alerts $1, with note $3; returns those that nobody had acknowledged before.
INSERT INTO alert_acknowledgements (alert, acknowledged_by, note)
SELECT number, $2, $3 FROM alerts WHERE number = ANY ($1::bigint[])
ON CONFLICT DO NOTHING RETURNING alert
