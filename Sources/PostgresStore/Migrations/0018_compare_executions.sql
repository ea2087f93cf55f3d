-- Cost figures for Grafana, psql and `smartexec report --compare`, derived from the facts; the program computes the same
-- from its journal. Every slippage and shortfall is a cost when positive; bps are double precision, amounts exact.

-- Rounds half-even to 10⁻⁸, as every booked amount is.
CREATE FUNCTION booked(amount numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN abs(amount * 100000000 % 1) = 0.5 AND trunc(amount * 100000000) % 2 = 0
        THEN trunc(amount, 8) ELSE round(amount, 8) END
$$;

-- How slippage stands to its target (SE-4): inside the range expected of its algorithm, else below 5 bps, else missed.
CREATE FUNCTION slippage_verdict(bps double precision, expected jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN bps IS NULL THEN NULL
        WHEN jsonb_array_length(expected) = 2 AND bps >= (expected->>0)::double precision
            AND bps <= greatest((expected->>0)::double precision, (expected->>1)::double precision) THEN 'as expected'
        WHEN bps < 5 THEN 'met' ELSE 'missed' END
$$;

-- One row per parent order that was admitted and has ended.
--   slippage_bps      against the benchmark of its algorithm: the arrival price, or the interval's VWAP for schedules
--   shortfall         delay + trading + opportunity + fees, exactly; NULL when a price is missing or too much was filled
--   mark_out_*_bps    positive when the price moved our way; NULL until it is known
CREATE VIEW executions AS
WITH parents AS (
    SELECT parent.id AS parent, parent.account, parent.run, run.workflow AS strategy,
        COALESCE((SELECT decision.agent FROM decisions AS decision WHERE decision.decision = parent.decision
            ORDER BY decision.number LIMIT 1), 'by hand') AS agent,
        parent.symbol, parent.side, CASE parent.side WHEN 'BUY' THEN 1 ELSE -1 END AS sign, parent.algorithm,
        parent.urgency, body.admission#>>'{parent,instrument,venue}' AS venue,
        COALESCE(body.admission#>>'{verdict,marketState}', 'not known') AS market_state,
        body.admission#>>'{parent,instrument,currency}' AS currency, parent.submitted_at_ns,
        (parent.submitted_at AT TIME ZONE 'UTC')::date AS day,
        (body.admission#>>'{arrival,at}')::timestamptz AS arrived_at, parent.ended_at, parent.state,
        (body.admission#>>'{parent,quantity}')::numeric AS ordered,
        (body.submission#>>'{order,referencePrice}')::numeric AS decision_price,
        (body.admission#>>'{arrival,price}')::numeric AS arrival_price,
        (body.result->>'endPrice')::numeric AS end_price,
        (body.admission#>>'{parent,instrument,contractMultiplier}')::numeric AS multiplier,
        (body.result->>'intervalVolume')::numeric AS interval_volume,
        (body.result->>'intervalTurnover')::numeric AS interval_turnover,
        body.admission::jsonb#>'{verdict,expectedBps}' AS expected_bps,
        (body.admission#>>'{verdict,predictedCostBps}')::double precision AS predicted_cost_bps,
        body.admission::jsonb#>'{verdict,predicted}' AS predicted,
        COALESCE(done.quantity, 0) AS filled, COALESCE(done.notional, 0) AS notional,
        COALESCE(done.commission, 0) AS fees, COALESCE(done.fills, 0) AS fills, done.last_at,
        later.aftermath
    FROM parent_orders AS parent
    JOIN parent_bodies AS body ON body.parent = parent.id
    LEFT JOIN runs AS run ON run.id = parent.run
    LEFT JOIN LATERAL (
        SELECT sum(fill.quantity) AS quantity, sum(fill.notional) AS notional, sum(fill.commission) AS commission,
            count(*) AS fills, max(to_timestamp(fill.traded_at_ns / 1e9)) AS last_at
        FROM fills AS fill WHERE fill.parent_order = parent.id
    ) AS done ON true
    LEFT JOIN execution_aftermaths AS later ON later.parent = parent.id
    WHERE body.admission IS NOT NULL AND body.result IS NOT NULL
), valued AS (
    SELECT parents.*, ordered - filled AS unfilled, booked(decision_price * ordered * multiplier) AS paper_notional,
        booked(arrival_price * filled * multiplier) AS arrived_filled,
        booked(arrival_price * (ordered - filled) * multiplier) AS arrived_unfilled,
        booked(COALESCE(end_price, CASE WHEN ordered = filled THEN arrival_price END) * (ordered - filled) * multiplier)
            AS rest
    FROM parents
), costed AS (
    SELECT valued.*,
        CASE WHEN filled > 0 AND arrival_price > 0 AND arrived_filled > 0
            THEN sign * (notional - arrived_filled)::double precision / arrived_filled::double precision * 10000
        END AS slippage_arrival_bps,
        CASE WHEN filled > 0 AND interval_volume > 0 AND interval_turnover > 0
            THEN sign * (notional / (filled * multiplier) / (interval_turnover / interval_volume) - 1)::double precision
                * 10000
        END AS slippage_vwap_bps,
        CASE WHEN interval_volume > 0 THEN (filled / interval_volume)::double precision END AS participation,
        CASE WHEN unfilled >= 0 AND decision_price > 0 AND arrival_price > 0 AND COALESCE(end_price, 1) > 0
            AND paper_notional > 0 THEN rest END AS known_rest
    FROM valued
)
SELECT parent, account, run, strategy, agent, symbol, side, algorithm, urgency, venue, market_state, currency,
    submitted_at_ns, day, arrived_at, ended_at, state, ordered, filled, fills,
    (filled / ordered)::double precision AS fill_rate, notional, fees,
    decision_price, arrival_price, end_price, interval_volume, participation,
    extract(epoch FROM last_at - arrived_at)::double precision AS seconds,
    slippage_arrival_bps, slippage_vwap_bps,
    CASE WHEN is_held_to_arrival THEN slippage_arrival_bps ELSE slippage_vwap_bps END AS slippage_bps,
    slippage_verdict(
        CASE WHEN is_held_to_arrival THEN slippage_arrival_bps ELSE slippage_vwap_bps END, expected_bps
    ) AS verdict,
    CASE WHEN known_rest IS NOT NULL THEN paper_notional END AS paper_notional,
    CASE WHEN known_rest IS NOT NULL THEN sign * (arrived_filled + arrived_unfilled - paper_notional) END AS delay,
    CASE WHEN known_rest IS NOT NULL THEN sign * (notional - arrived_filled) END AS trading,
    sign * (known_rest - arrived_unfilled) AS opportunity,
    sign * (notional + known_rest - paper_notional) + fees AS shortfall,
    (sign * (notional + known_rest - paper_notional) + fees)::double precision / paper_notional::double precision * 10000
        AS shortfall_bps,
    predicted_cost_bps, predicted,
    (aftermath#>>'{marks,0,bps}')::double precision AS mark_out_1_min_bps,
    (aftermath#>>'{marks,1,bps}')::double precision AS mark_out_5_min_bps,
    (aftermath#>>'{marks,2,bps}')::double precision AS mark_out_30_min_bps
FROM costed, LATERAL (
    SELECT algorithm IN ('MARKET', 'LIMIT', 'ICEBERG', 'PASSIVE', 'AGGRESSIVE', 'IMPLEMENTATION_SHORTFALL')
        AS is_held_to_arrival
) AS benchmark;

-- Executions by agent, strategy, algorithm, venue, urgency, market state, symbol and day, one group per currency.
-- NULL arguments restrict nothing; an account's base name means its simulated books too; times are business time.
CREATE FUNCTION compare_executions(the_account text, since_ns bigint, until_ns bigint) RETURNS TABLE (
    dimension text, value text, currency text, executions bigint, fills bigint, notional numeric, fees numeric,
    mean_slippage_bps double precision, weighted_slippage_bps double precision, median_slippage_bps double precision,
    p95_slippage_bps double precision, mean_slippage_vwap_bps double precision, shortfall numeric,
    paper_notional numeric, shortfall_bps double precision, mean_fill_rate double precision,
    met bigint, as_expected bigint, missed bigint, mean_mark_out_5_min_bps double precision
) LANGUAGE sql STABLE AS $$
    SELECT part.dimension, part.value, execution.currency, count(*), sum(execution.fills)::bigint,
        sum(execution.notional), sum(execution.fees), avg(execution.slippage_arrival_bps),
        sum(execution.slippage_arrival_bps * execution.notional::double precision)
            / NULLIF(sum(execution.notional) FILTER (WHERE execution.slippage_arrival_bps IS NOT NULL), 0)
                ::double precision,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY execution.slippage_arrival_bps),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY execution.slippage_arrival_bps),
        avg(execution.slippage_vwap_bps), sum(execution.shortfall),
        sum(execution.paper_notional) FILTER (WHERE execution.shortfall IS NOT NULL),
        (sum(execution.shortfall) / NULLIF(sum(execution.paper_notional) FILTER (WHERE execution.shortfall IS NOT NULL), 0)
            * 10000)::double precision,
        avg(execution.fill_rate), count(*) FILTER (WHERE execution.verdict = 'met'),
        count(*) FILTER (WHERE execution.verdict = 'as expected'), count(*) FILTER (WHERE execution.verdict = 'missed'),
        avg(execution.mark_out_5_min_bps)
    FROM executions AS execution, LATERAL (VALUES
        ('agent', execution.agent), ('strategy', COALESCE(execution.strategy, 'none')),
        ('algorithm', execution.algorithm), ('venue', execution.venue), ('urgency', execution.urgency),
        ('market_state', execution.market_state), ('symbol', execution.symbol), ('day', execution.day::text)
    ) AS part (dimension, value)
    WHERE (the_account IS NULL OR the_account IN (execution.account, split_part(execution.account, '@', 1)))
        AND (since_ns IS NULL OR execution.submitted_at_ns >= since_ns)
        AND (until_ns IS NULL OR execution.submitted_at_ns < until_ns)
    GROUP BY part.dimension, part.value, execution.currency
$$;

-- All of it, over all accounts and time.
CREATE VIEW execution_comparisons AS SELECT * FROM compare_executions(NULL, NULL, NULL);

-- Impact coefficients that were fitted to own fills and put into force, with their evidence; the newest holds.
CREATE TABLE impact_coefficients (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- As configured, its simulated books included.
    account text NOT NULL,
    coefficient double precision NOT NULL CHECK (coefficient > 0 AND coefficient <= 100),
    -- Samples, errors before and after, and the period, as JSON.
    evidence jsonb NOT NULL,
    applied_by text NOT NULL CHECK (applied_by ~ '\S'),
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX impact_coefficients_of_account ON impact_coefficients (account, number);

-- An execution that leaves its thresholds is alerted once per parent and kind, whoever notices it how often.
CREATE UNIQUE INDEX alerts_of_executions ON alerts (parent, code) WHERE parent IS NOT NULL AND code LIKE 'execution\_%';
