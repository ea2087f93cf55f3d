-- record_reconciliation.sql: how account $1 stands with its venue from this batch on; what was compared, where $11 says it is worth a row.
WITH state AS (
    INSERT INTO account_reconciliations (account, is_reconciled, reason, since_ns, through_ns)
    VALUES ($1, $6, $7, $8, $9)
    ON CONFLICT (account) DO UPDATE SET is_reconciled = excluded.is_reconciled, reason = excluded.reason,
        since_ns = excluded.since_ns, through_ns = excluded.through_ns, checked_at = clock_timestamp()
)
INSERT INTO reconciliations (
    account, epoch, cause, at_ns, venue_time_ns, is_reconciled, reason, open_orders, fills, findings
)
SELECT $1, $2, $3, $4, $5, $6, $7, $12, $13, $10::json WHERE $11
