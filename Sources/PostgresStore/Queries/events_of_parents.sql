-- events_of_parents.sql: the events of parents as they are stored, by parent.
SELECT parent, events FROM event_batches WHERE parent = ANY ($1::text[]) ORDER BY parent, sequence
