-- list_reconciliations.sql: the newest $2 comparisons of accounts ($1, or all) with their venues that found or changed something.
SELECT number, account, cause, at_ns, venue_time_ns, is_reconciled, reason, open_orders, fills, findings, recorded_at
FROM reconciliations
WHERE $1::text IS NULL OR account = $1 OR split_part(account, '@', 1) = $1 ORDER BY number DESC LIMIT $2
