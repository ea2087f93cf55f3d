-- submit_parent.sql: records a parent order, unless its id or its step has one already.
WITH parent AS (
    INSERT INTO parent_orders (
        id, account, run, step_path, decision, symbol, side, quantity, urgency, submitted_at_ns
    ) VALUES ($1, $2, $3, $4, $5, $6, $7::order_side, $8, $9, $10)
    ON CONFLICT DO NOTHING RETURNING id
), snapshot AS (
    INSERT INTO parent_snapshots (parent) SELECT id FROM parent
)
INSERT INTO parent_bodies (parent, submission) SELECT id, $11 FROM parent
