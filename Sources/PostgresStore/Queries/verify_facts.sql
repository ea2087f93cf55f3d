-- verify_facts.sql: what can be compared of account $1 inside the database: a check, what it looked at, what differs.
WITH booked AS (
    SELECT client_order_id AS id, sum(quantity) AS quantity FROM fills WHERE account = $1 GROUP BY client_order_id
), children AS (
    SELECT child.id, child.parent, child.quantity, child.filled, child.open, coalesce(booked.quantity, 0) AS fills,
        child.life IN ('planned', 'sent', 'acknowledged', 'partially_filled', 'unknown') AS is_open
    FROM child_orders AS child LEFT JOIN booked USING (id) WHERE child.account = $1
), worked AS (
    SELECT parent, sum(fills) AS fills,
        sum(CASE WHEN is_open THEN coalesce(filled + open, greatest(quantity, filled)) ELSE filled END) AS filled_and_open
    FROM children GROUP BY parent
), parents AS (
    SELECT parent.id, greatest(parent.filled, progress.filled) AS filled, coalesce(worked.fills, 0) AS fills,
        coalesce((body.admission -> 'parent' ->> 'quantity')::numeric, parent.quantity) AS quantity,
        coalesce(worked.filled_and_open, 0) AS filled_and_open
    FROM parent_orders AS parent
    JOIN parent_bodies AS body ON body.parent = parent.id
    LEFT JOIN parent_snapshots AS progress ON progress.parent = parent.id
    LEFT JOIN worked ON worked.parent = parent.id
    WHERE parent.account = $1
), events AS MATERIALIZED (
    SELECT parent, sequence, kind, client_order_id, event #> '{child,_1,filled,_0}' AS fill
    FROM order_events WHERE account = $1 AND kind IN ('intended', 'filled')
)
SELECT 'children_equal_fills' AS name, (SELECT count(*) FROM children) AS compared,
    ARRAY(SELECT format('child %s says %s filled, its fills make %s', id, filled, fills) FROM children
        WHERE filled <> fills ORDER BY id) AS differences
UNION ALL
SELECT 'parents_equal_fills', (SELECT count(*) FROM parents),
    ARRAY(SELECT format('order %s says %s filled, its fills make %s', id, filled, fills) FROM parents
        WHERE filled <> fills ORDER BY id)
UNION ALL
SELECT 'no_parent_overfilled', (SELECT count(*) FROM parents),
    ARRAY(SELECT format('order %s asked for %s, has %s filled and open', id, quantity, filled_and_open) FROM parents
        WHERE greatest(filled_and_open, fills) > quantity ORDER BY id)
UNION ALL
SELECT 'fills_have_keys', (SELECT count(*) FROM fills WHERE account = $1),
    ARRAY(SELECT format('trade %s of %s is booked %s times with %s keys', trade_id, symbol, rows, keys) FROM (
        SELECT symbol, trade_id, count(fill.number) AS rows, count(DISTINCT key.trade_id) AS keys
        FROM (SELECT * FROM fills WHERE account = $1) AS fill
        FULL JOIN (SELECT * FROM fill_keys WHERE account = $1) AS key USING (symbol, trade_id)
        GROUP BY symbol, trade_id) AS booked WHERE rows <> 1 OR keys <> 1 ORDER BY symbol, trade_id)
UNION ALL
SELECT 'fills_have_intents', (SELECT count(*) FROM fills WHERE account = $1),
    ARRAY(SELECT format('trade %s belongs to %s, which no intent here has', trade_id, client_order_id) FROM fills
        WHERE account = $1 AND NOT EXISTS (
            SELECT FROM intents WHERE intents.client_order_id = fills.client_order_id) ORDER BY trade_id)
UNION ALL
SELECT 'intents_are_journalled', (SELECT count(*) FROM intents WHERE account = $1),
    ARRAY(SELECT format('intent %s has no journalled event', intent.client_order_id)
        FROM intents AS intent LEFT JOIN events AS event ON event.kind = 'intended'
            AND event.parent = intent.parent AND event.client_order_id = intent.client_order_id
        WHERE intent.account = $1 AND event.parent IS NULL ORDER BY intent.client_order_id)
UNION ALL
SELECT 'no_two_parents_per_step', (SELECT count(*) FROM parents WHERE id IN (
        SELECT id FROM parent_orders WHERE run IS NOT NULL)),
    ARRAY(SELECT format('step %s of run %s has %s orders', step_path, run, count(*)) FROM parent_orders
        WHERE account = $1 AND run IS NOT NULL GROUP BY run, step_path HAVING count(*) > 1)
UNION ALL
SELECT 'fills_are_journalled', (SELECT count(*) FROM fills WHERE account = $1 AND parent_order IS NOT NULL),
    ARRAY(SELECT format('order %s has %s fills and %s journalled', parent, booked, journalled) FROM (
        SELECT parent, coalesce(booked, 0) AS booked, coalesce(journalled, 0) AS journalled
        FROM (SELECT parent_order AS parent, count(*) AS booked FROM fills JOIN intents USING (client_order_id)
            WHERE fills.account = $1 GROUP BY parent_order) AS fill
        FULL JOIN (SELECT parent, count(*) AS journalled FROM events WHERE kind = 'filled' GROUP BY parent) AS event
            USING (parent)) AS counted WHERE booked <> journalled ORDER BY parent)
UNION ALL
SELECT 'ledger_equals_journal', (SELECT count(*) FROM events WHERE kind = 'filled'),
    ARRAY(SELECT CASE WHEN entry.reference IS NULL THEN format('trade %s of %s is not in the ledger', trade_id, fill.symbol)
            ELSE format('trade %s of %s has other amounts in the ledger', trade_id, fill.symbol) END
        FROM (SELECT fill ->> 'symbol' AS symbol, fill ->> 'tradeID' AS trade_id,
                CASE fill ->> 'side' WHEN 'BUY' THEN 1 ELSE -1 END AS sign, (fill ->> 'quantity')::numeric AS quantity,
                (fill #>> '{notional,amount}')::numeric AS notional,
                (fill #>> '{commission,amount}')::numeric AS commission
            FROM events WHERE kind = 'filled') AS fill
        LEFT JOIN (SELECT * FROM ledger_entries WHERE account = $1 AND kind = 'fill') AS entry
            ON entry.symbol = fill.symbol AND entry.reference = fill.trade_id
        WHERE (entry.quantity, entry.notional, entry.commission, entry.cash_change) IS DISTINCT FROM
            (sign * fill.quantity, sign * fill.notional, fill.commission, -sign * fill.notional - fill.commission)
        ORDER BY fill.symbol, trade_id)
