-- record_events.sql: appends each parent's order events of a batch: facts, and the events of intents unless a halt of
-- account $1 is active. A number used twice is an error of its partition.
INSERT INTO event_batches (parent, sequence, events)
SELECT parent, sequence, CASE WHEN halt.is_active THEN facts ELSE facts || intended END
FROM (SELECT EXISTS (SELECT FROM active_halts($1)) AS is_active) AS halt
CROSS JOIN unnest($2::text[], $3::integer[], $4::text[], $5::text[]) AS batch (parent, sequence, facts, intended)
WHERE facts <> '' OR NOT halt.is_active
