-- accept_intents.sql: commits the intents of account $1 with their events, unless a halt is active; returns them.
-- All or none: a halt is the account's. Nothing is joined, since a plan made for few rows would join many by loops.
WITH accepted AS MATERIALIZED (
    SELECT * FROM unnest(
        $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::text[], $10::numeric[], $11::text[],
        $12::integer[], $13::bigint[], $14::bigint[], $15::integer[], $16::bigint[], $17::jsonb[],
        $18::text[], $19::integer[]
    ) AS intent (
        id, parent, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns, valid_for_ns,
        event_sequence, event_at_ns, event, replaces, attempt
    ) WHERE NOT EXISTS (SELECT FROM active_halts($1))
), intents AS (
    INSERT INTO intents (client_order_id, account, parent, epoch, sequence, request_time_ns, valid_for_ns)
    SELECT id, $1, parent, $2, $3, request_time_ns, valid_for_ns FROM accepted
), children AS (
    INSERT INTO child_orders (
        id, parent, account, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns,
        valid_for_ns, replaces, attempt
    )
    SELECT id, parent, $1, symbol, side::order_side, quantity, type, limit_price, time_in_force, slice,
        request_time_ns, valid_for_ns, replaces, attempt
    FROM accepted
), events AS (
    INSERT INTO order_events (account, parent, sequence, at_ns, kind, client_order_id, event)
    SELECT $1, parent, event_sequence, event_at_ns, 'intended', id, event FROM accepted
)
SELECT id FROM accepted
