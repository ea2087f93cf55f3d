-- recorded.sql: what the local exchange has on record of an account, in its own words, as its administrator gets it;
-- somebody put that JSON into the table judged_record (record jsonb). Why an order expired at once is not told there.
WITH venue_orders AS (
    SELECT venue."clientOrderId" AS client_order_id, coalesce(child.account, record ->> 'account') AS account,
        coalesce(child.symbol, venue.symbol) AS symbol, venue.side, venue."executedQty" AS executed,
        venue.status IN ('NEW', 'PARTIALLY_FILLED') AS is_open,
        CASE WHEN venue.status = 'EXPIRED' AND venue."executedQty" = 0 THEN NULL ELSE venue.status = 'REJECTED' END
            AS is_rejected,
        venue."orderId" AS number
    FROM judged_record CROSS JOIN jsonb_to_recordset(record -> 'orders') AS venue (
        "clientOrderId" text, "orderId" bigint, symbol text, side text, "executedQty" numeric, status text)
    LEFT JOIN child_orders AS child ON child.id = venue."clientOrderId"
), venue_fills AS (
    SELECT client_order_id, account, venue_orders.symbol, trade.id AS trade_id, trade.side, trade.qty AS quantity,
        trade.price, trade."quoteQty" AS notional, trade.commission
    FROM judged_record CROSS JOIN jsonb_to_recordset(record -> 'trades') AS trade (
        id text, "orderId" bigint, side text, price numeric, qty numeric, "quoteQty" numeric, commission numeric)
    LEFT JOIN venue_orders ON venue_orders.number = trade."orderId"
)
