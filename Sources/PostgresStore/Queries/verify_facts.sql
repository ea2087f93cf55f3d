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
    SELECT parent.id, parent.filled, coalesce(worked.fills, 0) AS fills,
        coalesce((body.admission -> 'parent' ->> 'quantity')::numeric, parent.quantity) AS quantity,
        coalesce(worked.filled_and_open, 0) AS filled_and_open
    FROM parent_orders AS parent
    JOIN parent_bodies AS body ON body.parent = parent.id
    LEFT JOIN worked ON worked.parent = parent.id
    WHERE parent.account = $1
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
SELECT 'intents_have_children', (SELECT count(*) FROM intents WHERE account = $1),
    ARRAY(SELECT format('intent %s has no child order or no journalled event', intent.client_order_id)
        FROM intents AS intent WHERE intent.account = $1 AND NOT (
            EXISTS (SELECT FROM child_orders AS child
                WHERE child.id = intent.client_order_id AND child.parent = intent.parent)
            AND EXISTS (SELECT FROM order_events AS event
                WHERE event.parent = intent.parent AND event.client_order_id = intent.client_order_id
                    AND event.kind = 'intended')) ORDER BY intent.client_order_id)
UNION ALL
SELECT 'no_two_parents_per_step', (SELECT count(*) FROM parents WHERE id IN (
        SELECT id FROM parent_orders WHERE run IS NOT NULL)),
    ARRAY(SELECT format('step %s of run %s has %s orders', step_path, run, count(*)) FROM parent_orders
        WHERE account = $1 AND run IS NOT NULL GROUP BY run, step_path HAVING count(*) > 1)
UNION ALL
SELECT 'fills_are_journalled', (SELECT count(*) FROM fills WHERE account = $1 AND parent_order IS NOT NULL),
    ARRAY(SELECT format('order %s has %s fills and %s journalled', parent, booked, journalled) FROM (
        SELECT parent, count(DISTINCT fill.number) AS booked, count(DISTINCT (event.parent, event.sequence))
            FILTER (WHERE event.sequence IS NOT NULL) AS journalled
        FROM (SELECT parent_order AS parent, number FROM fills
            JOIN intents USING (client_order_id) WHERE fills.account = $1) AS fill
        FULL JOIN (SELECT parent, sequence FROM order_events WHERE account = $1 AND kind = 'filled') AS event
            USING (parent)
        GROUP BY parent) AS counted WHERE booked <> journalled ORDER BY parent)
