-- reconciliation_state.sql: how accounts ($1, or all) stand with their venues.
SELECT account, is_reconciled, reason, since_ns, through_ns, checked_at FROM account_reconciliations
WHERE $1::text IS NULL OR account = $1 OR split_part(account, '@', 1) = $1 ORDER BY account COLLATE "C"
