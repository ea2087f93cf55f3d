-- list_fills.sql: fills by account, run, symbol and parent, the newest $5 first; ties in one order on every server.
SELECT fill.account, parent.run, parent.id AS parent_order, fill.client_order_id, fill.symbol, fill.trade_id, fill.side,
    fill.quantity, fill.price, fill.notional, fill.commission, fill.currency, fill.traded_at_ns
FROM fills AS fill LEFT JOIN parent_orders AS parent ON parent.id = fill.parent_order
WHERE ($1::text IS NULL OR $1 IN (fill.account, split_part(fill.account, '@', 1)))
    AND ($2::text IS NULL OR fill.parent_order IN (SELECT id FROM parent_orders WHERE run = $2))
    AND ($3::text IS NULL OR fill.symbol = $3) AND ($4::text IS NULL OR fill.parent_order = $4)
ORDER BY fill.traded_at_ns DESC, fill.symbol COLLATE "C" DESC, fill.trade_id COLLATE "C" DESC,
    fill.account COLLATE "C" DESC LIMIT $5
