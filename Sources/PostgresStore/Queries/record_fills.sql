-- record_fills.sql: books fills of account $1, in their order, under keys that this transaction has taken.
INSERT INTO fills (
    account, parent_order, client_order_id, symbol, trade_id, side, quantity, price, notional, commission, currency,
    traded_at_ns, is_booked
)
SELECT $1, parent, client_order_id, symbol, trade_id, side::order_side, quantity, price, notional, commission, currency,
    traded_at_ns, is_booked
FROM unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[], $9::numeric[],
    $10::numeric[], $11::text[], $12::bigint[], $13::boolean[]
) AS fill (
    parent, client_order_id, symbol, trade_id, side, quantity, price, notional, commission, currency, traded_at_ns,
    is_booked
)
