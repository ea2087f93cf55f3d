-- halt_standing.sql: how far the engine of each account that halt $1 covers is; accounts that were never halted by it while
-- worked, and hold nothing open, have no steps. Steps count that were taken for another
-- halt in force: nothing could trade since.
SELECT engine.account, worker.id::text AS worker, worker.host,
    worker.ended_at IS NULL AND worker.lease_until > clock_timestamp() AS is_leased,
    least(worker.lease_until, worker.ended_at) AS leased_until,
    (SELECT count(*) FROM parent_orders AS parent
        WHERE parent.account = engine.account AND parent.ended_at_ns IS NULL) AS open_parents,
    (SELECT count(*) FROM positions WHERE positions.account = engine.account AND quantity <> 0) AS positions,
    coalesce((SELECT flattens FROM active_halts(engine.account)), false) AS flattens,
    step.acknowledged_at, step.cancelled_at, step.proven_at, step.open_orders, step.unproven, step.note,
    step.flat_at IS NOT NULL AS is_flat, step.unflattened_at IS NOT NULL AS is_unflattened,
    extract(epoch FROM step.acknowledged_at - halt.activated_at)::float8 AS acknowledged_seconds,
    extract(epoch FROM step.proven_at - halt.activated_at)::float8 AS proven_seconds,
    extract(epoch FROM step.flat_at - halt.activated_at)::float8 AS flat_seconds
FROM halts AS halt
JOIN account_engines AS engine
    ON halt.account IS NULL OR halt.account IN (engine.account, split_part(engine.account, '@', 1))
LEFT JOIN workers AS worker ON worker.id = engine.worker
CROSS JOIN LATERAL (
    SELECT min(taken_at) FILTER (WHERE kind = 'acknowledged' AND step.epoch = engine.epoch) AS acknowledged_at,
        min(taken_at) FILTER (WHERE kind = 'cancelled') AS cancelled_at,
        min(taken_at) FILTER (WHERE kind = 'proven') AS proven_at,
        min(taken_at) FILTER (WHERE kind = 'flat') AS flat_at,
        min(taken_at) FILTER (WHERE kind = 'unflattened' AND step.epoch = engine.epoch) AS unflattened_at,
        (array_agg(open_orders ORDER BY number DESC) FILTER (WHERE kind = 'polled'))[1] AS open_orders,
        (array_agg(unproven ORDER BY number DESC) FILTER (WHERE kind = 'polled'))[1] AS unproven,
        (array_agg(step.note ORDER BY number DESC))[1] AS note
    FROM halt_steps AS step, greatest(recorded_at, halt.activated_at) AS taken_at WHERE step.account = engine.account
        AND (step.halt = halt.id OR step.halt = (SELECT id FROM active_halts(engine.account)))
) AS step
WHERE halt.id = $1 ORDER BY engine.account COLLATE "C"
