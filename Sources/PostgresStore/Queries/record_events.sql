-- record_events.sql: appends each parent's order events of a batch without intents (accept_intents.sql). A number used
-- twice is an error of its partition.
INSERT INTO event_batches (parent, sequence, events)
SELECT parent, sequence, facts FROM unnest($1::text[], $2::integer[], $3::text[]) AS batch (parent, sequence, facts)
