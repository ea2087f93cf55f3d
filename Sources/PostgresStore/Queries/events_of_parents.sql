-- events_of_parents.sql: the events of parents, each parent's in sequence.
SELECT parent, sequence, at_ns, event FROM order_events WHERE parent = ANY ($1::text[]) ORDER BY parent, sequence
