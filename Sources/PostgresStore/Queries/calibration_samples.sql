-- calibration_samples.sql: predicted and realised cost of the newest $4 executions of account $1, submitted from $2 until before $3.
SELECT algorithm, predicted_cost_bps, slippage_arrival_bps, predicted FROM executions
WHERE predicted_cost_bps IS NOT NULL AND slippage_arrival_bps IS NOT NULL
    AND ($1::text IS NULL OR $1 IN (account, split_part(account, '@', 1)))
    AND ($2::bigint IS NULL OR submitted_at_ns >= $2) AND ($3::bigint IS NULL OR submitted_at_ns < $3)
ORDER BY submitted_at_ns DESC, parent LIMIT $4
