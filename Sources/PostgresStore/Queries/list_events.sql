-- list_events.sql: the journal of parent $1.
SELECT parent, sequence, at_ns, kind, event, recorded_at FROM order_events WHERE parent = $1 ORDER BY sequence
