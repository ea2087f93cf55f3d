-- simulated.sql: what the simulated venue itself has on record, in its own schema.
WITH venue_orders AS (
    SELECT client_order_id, account, symbol, record #>> '{order,side}' AS side, executed,
        state = 'working' AS is_open, state = 'rejected' AS is_rejected
    FROM paper.orders
), venue_fills AS (
    SELECT venue.client_order_id, venue.account, venue.symbol, fill ->> 'tradeID' AS trade_id,
        fill ->> 'side' AS side, (fill ->> 'quantity')::numeric AS quantity, (fill ->> 'price')::numeric AS price,
        (fill #>> '{notional,amount}')::numeric AS notional, (fill #>> '{commission,amount}')::numeric AS commission
    FROM paper.orders AS venue CROSS JOIN jsonb_array_elements(venue.record -> 'fills') AS fill
)
