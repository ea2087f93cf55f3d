-- record_alerts.sql: records alerts of account $1; an execution's thresholds are alerted once per parent and kind.
INSERT INTO alerts (account, parent, code, message, at_ns)
SELECT $1, parent, code, message, at_ns
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS alert (parent, code, message, at_ns)
ON CONFLICT DO NOTHING
