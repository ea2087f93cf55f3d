-- list_orders.sql: the newest $5 parents by account, run, symbol and openness.
SELECT parent.id, parent.account, parent.run, parent.step_path, parent.decision, parent.symbol, parent.side,
    coalesce((body.admission -> 'parent' ->> 'quantity')::numeric, parent.quantity) AS quantity,
    greatest(parent.filled, progress.filled) AS filled, parent.urgency, parent.algorithm, parent.arrival_price,
    parent.state, parent.submitted_at_ns, parent.ended_at_ns,
    (SELECT count(*) FROM children_of(parent.id)) AS children,
    (SELECT coalesce(max(child.attempt), 0) FROM children_of(parent.id) AS child) AS attempts,
    (SELECT round(sum(fill.price * fill.quantity) / sum(fill.quantity), 8) FROM fills AS fill
        WHERE fill.parent_order = parent.id) AS avg_price
FROM parent_orders AS parent
JOIN parent_bodies AS body ON body.parent = parent.id
LEFT JOIN parent_snapshots AS progress ON progress.parent = parent.id
WHERE ($1::text IS NULL OR $1 IN (parent.account, split_part(parent.account, '@', 1))) AND ($2::text IS NULL OR parent.run = $2)
    AND ($3::text IS NULL OR parent.symbol = $3) AND (NOT $4::boolean OR parent.ended_at_ns IS NULL)
ORDER BY parent.number DESC LIMIT $5
