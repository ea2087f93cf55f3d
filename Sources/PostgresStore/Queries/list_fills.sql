-- list_fills.sql: fills by account, run, symbol and parent, the newest $5 first; ties in one order on every server.
SELECT account, run, parent_order, client_order_id, symbol, trade_id, side, quantity, price, notional, commission,
    currency, traded_at_ns
FROM fills
WHERE ($1::text IS NULL OR $1 IN (account, split_part(account, '@', 1))) AND ($2::text IS NULL OR run = $2)
    AND ($3::text IS NULL OR symbol = $3) AND ($4::text IS NULL OR parent_order = $4)
ORDER BY traded_at_ns DESC, symbol COLLATE "C" DESC, trade_id COLLATE "C" DESC, account COLLATE "C" DESC LIMIT $5
