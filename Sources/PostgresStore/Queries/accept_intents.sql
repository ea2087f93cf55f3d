-- accept_intents.sql: commits the intents of account $1 with their events, unless a halt is active; returns them.
WITH batch AS (
    SELECT * FROM unnest(
        $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::text[], $10::numeric[], $11::text[],
        $12::integer[], $13::bigint[], $14::bigint[], $15::integer[], $16::bigint[], $17::jsonb[]
    ) WITH ORDINALITY AS intent (
        id, parent, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns, valid_for_ns,
        event_sequence, event_at_ns, event, position
    )
), accepted AS (
    INSERT INTO intents (client_order_id, account, parent, epoch, sequence, request_time_ns, valid_for_ns)
    SELECT id, $1, parent, $2, $3, request_time_ns, valid_for_ns FROM batch
    WHERE NOT EXISTS (SELECT FROM active_halts($1))
    RETURNING client_order_id AS id
), children AS (
    INSERT INTO child_orders (
        id, parent, account, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns,
        valid_for_ns
    )
    SELECT id, parent, $1, symbol, side::order_side, quantity, type, limit_price, time_in_force, slice,
        request_time_ns, valid_for_ns
    FROM batch JOIN accepted USING (id) ORDER BY position
), keys AS (
    INSERT INTO order_event_keys (parent, sequence)
    SELECT parent, event_sequence FROM batch JOIN accepted USING (id)
), events AS (
    INSERT INTO order_events (account, parent, sequence, at_ns, kind, client_order_id, event)
    SELECT $1, parent, event_sequence, event_at_ns, 'intended', id, event FROM batch JOIN accepted USING (id)
)
SELECT id FROM accepted
