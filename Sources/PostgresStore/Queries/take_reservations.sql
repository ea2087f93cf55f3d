-- take_reservations.sql: takes the reservations of parents of account $1 that were admitted or amended.
INSERT INTO reservations (account, parent, symbol, side, quantity, notional, cash, currency)
SELECT $1, parent, symbol, side::order_side, quantity, notional, cash, currency
FROM unnest($2::text[], $3::text[], $4::text[], $5::numeric[], $6::numeric[], $7::numeric[], $8::text[])
    AS reservation (parent, symbol, side, quantity, notional, cash, currency)
ON CONFLICT (parent) DO UPDATE SET quantity = excluded.quantity, notional = excluded.notional, cash = excluded.cash
WHERE reservations.released_at_ns IS NULL
