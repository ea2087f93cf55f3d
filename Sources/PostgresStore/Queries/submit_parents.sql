-- submit_parents.sql: records parent orders of account $1, in order, with what the same batch made of them, and takes the
-- reservations of those that it admits. One whose id is known stays as it is, but for what the batch made of it: a state
-- other than 'submitted'.
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(
        $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::text[], $10::bigint[],
        $11::text[], $12::text[], $13::numeric[], $14::text[], $15::numeric[], $16::bigint[], $17::text[], $18::text[],
        $19::text[], $20::integer[], $21::text[], $22::numeric[], $23::numeric[], $24::numeric[], $25::text[]
    ) WITH ORDINALITY AS asked (
        id, run, step_path, decision, symbol, side, quantity, urgency, submitted_at_ns,
        submission, state, filled, algorithm, arrival_price, ended_at_ns, admission, result,
        snapshot_kind, snapshot_version, snapshot_state, reserved, reserved_notional, reserved_cash, currency, place
    )
), parent AS (
    INSERT INTO parent_orders AS parent (
        id, account, run, step_path, decision, symbol, side, quantity, urgency, submitted_at_ns, state, filled, algorithm,
        arrival_price, ended_at_ns
    )
    SELECT id, $1, run, step_path, decision, symbol, side::order_side, quantity, urgency, submitted_at_ns,
        state::parent_state, filled, algorithm, arrival_price, ended_at_ns
    FROM asked ORDER BY place
    ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, filled = excluded.filled, algorithm = coalesce(excluded.algorithm, parent.algorithm),
        arrival_price = coalesce(excluded.arrival_price, parent.arrival_price),
        ended_at_ns = coalesce(parent.ended_at_ns, excluded.ended_at_ns)
    WHERE excluded.state <> 'submitted' AND parent.account = $1
), snapshot AS (
    INSERT INTO parent_snapshots AS snapshot (parent, filled, kind, version, state)
    SELECT id, filled, snapshot_kind, snapshot_version, snapshot_state FROM asked
    ON CONFLICT (parent) DO UPDATE SET
        filled = excluded.filled, kind = excluded.kind, version = excluded.version, state = excluded.state
    WHERE excluded.kind IS NOT NULL
), reservation AS (
    INSERT INTO reservations (parent, account, symbol, side, quantity, notional, cash, currency)
    SELECT id, $1, symbol, side::order_side, reserved, reserved_notional, reserved_cash, currency
    FROM asked WHERE reserved IS NOT NULL
    ON CONFLICT (parent) DO UPDATE SET quantity = excluded.quantity, notional = excluded.notional, cash = excluded.cash
    WHERE reservations.released_at_ns IS NULL
)
INSERT INTO parent_bodies AS body (parent, submission, admission, result)
SELECT id, submission::json, admission::json, result::json FROM asked
ON CONFLICT (parent) DO UPDATE SET
    admission = coalesce(excluded.admission, body.admission), result = coalesce(excluded.result, body.result)
WHERE excluded.admission IS NOT NULL OR excluded.result IS NOT NULL
