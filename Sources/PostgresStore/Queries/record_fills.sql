-- record_fills.sql: books fills of account $1 that are not booked yet, and returns those.
WITH batch AS (
    SELECT * FROM unnest(
        $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[], $9::numeric[],
        $10::numeric[], $11::text[], $12::bigint[]
    ) WITH ORDINALITY AS fill (
        parent, client_order_id, symbol, trade_id, side, quantity, price, notional, commission, currency,
        traded_at_ns, position
    )
), fresh AS (
    INSERT INTO fill_keys (account, symbol, trade_id) SELECT $1, symbol, trade_id FROM batch
    ON CONFLICT DO NOTHING RETURNING symbol, trade_id
)
INSERT INTO fills (
    account, run, parent_order, client_order_id, symbol, trade_id, side, quantity, price, notional, commission,
    currency, traded_at_ns
)
SELECT $1, parent_orders.run, parent_orders.id, batch.client_order_id, batch.symbol, batch.trade_id,
    batch.side::order_side, batch.quantity, batch.price, batch.notional, batch.commission, batch.currency,
    batch.traded_at_ns
FROM batch
LEFT JOIN parent_orders ON parent_orders.id = batch.parent
-- Nearly always all are new; a join, planned for few rows, would compare each with each.
WHERE (SELECT count(*) FROM fresh) = (SELECT count(*) FROM batch)
    OR EXISTS (SELECT FROM fresh WHERE fresh.symbol = batch.symbol AND fresh.trade_id = batch.trade_id)
ORDER BY batch.position
RETURNING symbol, trade_id
