-- routing_samples.sql: what the newest $3 finished parents of account $1 that ended by $2 came to, newest first.
SELECT parent.algorithm, parent.side, parent.filled, parent.arrival_price, parent.ended_at_ns,
    (body.admission::jsonb #>> '{parent,quantity}')::numeric AS quantity,
    body.admission::jsonb #>> '{verdict,marketState}' AS market_state,
    body.admission::jsonb #>> '{verdict,inputs,sizeToMinuteVolume}' AS size_to_minute_volume,
    (body.result::jsonb ->> 'endPrice')::numeric AS end_price, trades.average_price, trades.fees_bps
FROM parent_orders AS parent
JOIN parent_bodies AS body ON body.parent = parent.id
LEFT JOIN LATERAL (
    SELECT sum(fill.price * fill.quantity) / sum(fill.quantity) AS average_price,
        10000 * sum(fill.commission) / nullif(sum(abs(fill.notional)), 0) AS fees_bps
    FROM fills AS fill WHERE fill.parent_order = parent.id
) AS trades ON true
WHERE parent.account = $1 AND parent.ended_at_ns <= $2 AND parent.algorithm IS NOT NULL AND parent.arrival_price > 0
    -- A cancelled order says more of who cancelled it than of its algorithm.
    AND parent.state IN ('filled', 'partially_filled', 'unfilled')
    AND body.admission::jsonb #>> '{verdict,marketState}' IS NOT NULL
    AND body.admission::jsonb #>> '{verdict,inputs,sizeToMinuteVolume}' IS NOT NULL
ORDER BY parent.ended_at_ns DESC, parent.number DESC LIMIT $3
