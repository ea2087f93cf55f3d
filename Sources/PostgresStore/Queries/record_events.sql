-- record_events.sql: appends order events of account $1; a number used twice is an error of its partition.
INSERT INTO order_events (account, parent, sequence, at_ns, kind, client_order_id, event)
SELECT $1, parent, sequence, at_ns, kind, client_order_id, event
FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $7::jsonb[])
    AS event (parent, sequence, at_ns, kind, client_order_id, event)
