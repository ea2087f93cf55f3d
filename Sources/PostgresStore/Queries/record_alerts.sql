-- record_alerts.sql: records alerts of account $1; an execution's thresholds are alerted once per parent and kind.
INSERT INTO alerts (account, parent, code, message, at_ns, level)
SELECT $1, parent, code, message, at_ns, level
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
    AS alert (parent, code, message, at_ns, level)
ON CONFLICT DO NOTHING
