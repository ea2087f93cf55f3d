-- accept_intents.sql: commits the intents of account $1 in batch $2/$3 as child orders, with the events of its parents:
-- while a halt is active no intents but those of its own flatten, and while the account is not reconciled with its venue
-- none that may add exposure. Events that are facts are always recorded, those of intents with them (all intents of a
-- parent add exposure, or none does, and all belong to one flatten, or none does). The halt that refused is noted with the
-- batch, for whoever asks for its outcome again.
WITH guard AS MATERIALIZED (
    SELECT (SELECT id FROM active_halts($1)) AS halt,
        EXISTS (SELECT FROM account_reconciliations WHERE account = $1 AND NOT is_reconciled) AS is_unreconciled
), refused AS (
    UPDATE engine_batches AS batch SET refused_by = guard.halt FROM guard
    WHERE guard.halt IS NOT NULL AND batch.account = $1 AND batch.epoch = $2 AND batch.sequence = $3
), recorded AS (
    INSERT INTO event_batches (parent, sequence, events)
    SELECT parent, sequence, CASE WHEN is_refused THEN facts ELSE facts || intended END
    FROM guard
    CROSS JOIN unnest($4::text[], $5::integer[], $6::text[], $7::text[], $8::boolean[], $9::text[])
        AS batch (parent, sequence, facts, intended, opens, flattens)
    CROSS JOIN LATERAL (
        SELECT coalesce(halt, flattens) IS DISTINCT FROM flattens OR (opens AND is_unreconciled) AS is_refused
    ) AS verdict
    WHERE facts <> '' OR NOT is_refused
)
INSERT INTO child_orders (
    id, parent, account, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns, valid_for_ns,
    replaces, attempt
)
SELECT intent.id, parent, $1, symbol, side::order_side, quantity, type, limit_price, time_in_force, slice,
    request_time_ns, valid_for_ns, replaces, attempt
FROM guard
CROSS JOIN unnest(
    $10::text[], $11::text[], $12::text[], $13::text[], $14::numeric[], $15::text[], $16::numeric[], $17::text[],
    $18::integer[], $19::bigint[], $20::bigint[], $21::text[], $22::integer[], $23::boolean[], $24::text[]
) AS intent (
    id, parent, symbol, side, quantity, type, limit_price, time_in_force, slice, request_time_ns, valid_for_ns,
    replaces, attempt, opens, flattens
)
WHERE coalesce(halt, flattens) IS NOT DISTINCT FROM flattens AND NOT (opens AND is_unreconciled)
