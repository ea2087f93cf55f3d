-- judge.sql: holds our tables against the venue's own record, once everything has ended; a row for each thing wrong.
--
-- It follows simulated.sql or recorded.sql, which say what the venue has, and knows nothing of how we came to our rows:
-- duplicated (more at the venue or in the books than was meant), lost (forgotten on either side), unexplained.
, parents AS (
    SELECT parent.id, parent.account, parent.symbol, parent.state::text AS state, parent.filled,
        coalesce((body.admission -> 'parent' ->> 'quantity')::numeric, parent.quantity) AS quantity,
        body.result ->> 'reason' AS reason
    FROM parent_orders AS parent JOIN parent_bodies AS body ON body.parent = parent.id
), at_venue AS (
    SELECT client_order_id, sum(executed) AS executed, count(*) AS orders, bool_or(is_open) AS is_open,
        bool_and(is_rejected) AS is_rejected
    FROM venue_orders GROUP BY client_order_id
), made AS (
    SELECT account, symbol, trade_id, min(client_order_id) AS client_order_id, count(*) AS times, min(side) AS side,
        sum(quantity) AS quantity, sum(price * quantity) AS turnover, sum(notional) AS notional,
        sum(commission) AS commission
    FROM venue_fills GROUP BY account, symbol, trade_id
), booked AS (
    SELECT account, symbol, trade_id, min(client_order_id) AS client_order_id, count(*) AS times,
        min(side::text) AS side, sum(quantity) AS quantity, sum(price * quantity) AS turnover,
        sum(notional) AS notional, sum(commission) AS commission
    FROM fills GROUP BY account, symbol, trade_id
)
SELECT 'duplicated' AS verdict, format('intent %s made %s orders at the venue', client_order_id, orders) AS what
FROM at_venue WHERE orders > 1
UNION ALL
SELECT 'duplicated', format('order %s asked for %s, and the venue traded %s', parents.id, parents.quantity, traded)
FROM parents JOIN (
    SELECT parent, sum(executed) AS traded FROM at_venue JOIN child_orders ON child_orders.id = client_order_id
    GROUP BY parent
) AS sums ON sums.parent = parents.id
WHERE traded > parents.quantity
UNION ALL
SELECT 'duplicated', format('trade %s of %s is booked %s times', trade_id, symbol, times) FROM booked WHERE times > 1
UNION ALL
SELECT 'duplicated', format('run %s, step %s made %s orders', run, step_path, count(*))
FROM parent_orders WHERE run IS NOT NULL GROUP BY run, step_path HAVING count(*) > 1
UNION ALL
SELECT 'lost', format('the venue has order %s, and we have no intent', client_order_id)
FROM at_venue WHERE NOT EXISTS (SELECT FROM child_orders WHERE child_orders.id = client_order_id)
UNION ALL
SELECT 'lost', format('the venue made trade %s of %s for %s, and it is not booked', trade_id, symbol, client_order_id)
FROM made WHERE NOT EXISTS (
    SELECT FROM booked
    WHERE (booked.account, booked.symbol, booked.trade_id) = (made.account, made.symbol, made.trade_id))
UNION ALL
SELECT 'lost', format('child %s is %s here, and the venue does not know it', child.id, child.life)
FROM child_orders AS child LEFT JOIN at_venue ON at_venue.client_order_id = child.id
WHERE at_venue.client_order_id IS NULL AND child.life NOT IN ('not_placed', 'rejected')
UNION ALL
SELECT 'unexplained', format('trade %s of %s is booked, and the venue never made it', trade_id, symbol)
FROM booked WHERE NOT EXISTS (
    SELECT FROM made
    WHERE (booked.account, booked.symbol, booked.trade_id) = (made.account, made.symbol, made.trade_id))
UNION ALL
SELECT 'unexplained', format('trade %s of %s has other amounts here than at the venue', trade_id, symbol)
FROM made JOIN booked USING (account, symbol, trade_id)
WHERE (made.client_order_id, made.side, made.quantity, made.turnover, made.notional, made.commission)
    IS DISTINCT FROM
    (booked.client_order_id, booked.side, booked.quantity, booked.turnover, booked.notional, booked.commission)
UNION ALL
SELECT 'unexplained', format('child %s is %s with %s filled here, at the venue it %s with %s', child.id, child.life,
    child.filled, CASE WHEN is_open THEN 'works' WHEN is_rejected THEN 'is rejected' ELSE 'has ended' END, executed)
FROM child_orders AS child JOIN at_venue ON at_venue.client_order_id = child.id
WHERE child.filled <> executed OR is_open OR is_rejected <> (child.life = 'rejected')
    OR child.life IN ('planned', 'sent', 'acknowledged', 'partially_filled', 'unknown', 'not_placed')
UNION ALL
SELECT 'unexplained', format('order %s is %s with %s of %s filled, its trades make %s, and it says ''%s''', id, state,
    filled, quantity, coalesce(traded, 0), reason)
FROM parents LEFT JOIN (
    SELECT parent_order, sum(quantity) AS traded FROM fills GROUP BY parent_order
) AS sums ON parent_order = id
WHERE filled <> coalesce(traded, 0) OR state IN ('submitted', 'working', 'paused', 'closing')
    OR (state = 'filled') <> (filled >= quantity * 0.999) OR (state <> 'filled' AND coalesce(reason, '') = '')
UNION ALL
SELECT 'unexplained', format('order %s has ended and still holds what was reserved for it', parent)
FROM reservations WHERE released_at_ns IS NULL
UNION ALL
SELECT 'unexplained', format('%s holds %s %s, and the venue''s trades make %s', account, coalesce(held.quantity, 0),
    symbol, coalesce(folded.quantity, 0))
FROM positions AS held FULL JOIN (
    SELECT account, symbol, sum(CASE side WHEN 'BUY' THEN quantity ELSE -quantity END) AS quantity
    FROM made GROUP BY account, symbol
) AS folded USING (account, symbol)
WHERE coalesce(held.quantity, 0) <> coalesce(folded.quantity, 0)
UNION ALL
SELECT 'unexplained', format('%s has %s in cash, and its other entries with the venue''s trades make %s', account, cash,
    other + coalesce(traded, 0))
FROM (
    SELECT account, sum(cash_change) AS cash, coalesce(sum(cash_change) FILTER (WHERE kind <> 'fill'), 0) AS other
    FROM ledger_entries GROUP BY account
) AS books LEFT JOIN (
    SELECT account, sum(CASE side WHEN 'BUY' THEN -notional ELSE notional END - commission) AS traded
    FROM made GROUP BY account
) AS trades USING (account)
WHERE cash <> other + coalesce(traded, 0)
UNION ALL
SELECT 'unexplained', format('run %s is %s', id, state) FROM runs WHERE state <> 'finished'
ORDER BY 1, 2
