-- settle_fills.sql: as record_fill_keys and record_fills, but of fills that may be booked already: returns those that are.
WITH batch AS MATERIALIZED (
    SELECT * FROM unnest(
        $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[], $9::numeric[],
        $10::numeric[], $11::text[], $12::bigint[], $13::boolean[]
    ) WITH ORDINALITY AS fill (
        parent, client_order_id, symbol, trade_id, side, quantity, price, notional, commission, currency, traded_at_ns,
        is_booked, position
    )
), fresh AS (
    INSERT INTO fill_keys (account, symbol, trade_id) SELECT $1, symbol, trade_id FROM batch
    ON CONFLICT DO NOTHING RETURNING symbol, trade_id
), booked AS (
    INSERT INTO fills (
        account, parent_order, client_order_id, symbol, trade_id, side, quantity, price, notional, commission, currency,
        traded_at_ns, is_booked
    )
    SELECT $1, parent, client_order_id, symbol, trade_id, side::order_side, quantity, price, notional, commission,
        currency, traded_at_ns, is_booked
    FROM batch JOIN fresh USING (symbol, trade_id) ORDER BY position
)
SELECT symbol, trade_id FROM batch
WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.symbol = batch.symbol AND fresh.trade_id = batch.trade_id)
