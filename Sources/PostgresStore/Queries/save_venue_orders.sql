-- save_venue_orders.sql: stores orders of the simulated venue as they are now.
INSERT INTO paper.orders (client_order_id, account, symbol, state, executed, arrived_at_ns, record)
SELECT id, account, symbol, state, executed, arrived_at_ns, record
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::bigint[], $7::jsonb[])
    WITH ORDINALITY AS changed (id, account, symbol, state, executed, arrived_at_ns, record, position)
ORDER BY position
ON CONFLICT (client_order_id) DO UPDATE
SET state = excluded.state, executed = excluded.executed, record = excluded.record, updated_at = clock_timestamp()
