-- record_found.sql: child orders of account $1 that were found at the venue and in no record: facts, whatever is halted.
INSERT INTO child_orders (
    id, parent, account, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns, valid_for_ns,
    replaces, attempt
)
SELECT id, parent, $1, symbol, side::order_side, quantity, type, limit_price, time_in_force, slice, request_time_ns,
    valid_for_ns, replaces, attempt
FROM unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::text[], $8::numeric[], $9::text[], $10::integer[],
    $11::bigint[], $12::bigint[], $13::text[], $14::integer[]
) AS intent (
    id, parent, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns, valid_for_ns,
    replaces, attempt
)
ON CONFLICT (id) DO NOTHING
