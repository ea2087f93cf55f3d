-- list_accounts.sql: accounts (all, or $1) with their totals.
SELECT engine.account, ledger.currency, ledger.cash, ledger.commission,
    (SELECT coalesce(sum(realized), 0) FROM positions WHERE account = engine.account) AS realized,
    (SELECT count(*) FROM positions WHERE account = engine.account AND quantity <> 0) AS open_positions,
    orders.open_parents, orders.total_executions, orders.successful, traded.fills, traded.total_volume,
    (SELECT reason FROM active_halts(engine.account)) AS halt
FROM account_engines AS engine
CROSS JOIN LATERAL (
    SELECT min(currency) AS currency, sum(cash_change) AS cash, sum(commission) AS commission
    FROM ledger_entries WHERE account = engine.account HAVING count(*) > 0
) AS ledger
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE ended_at_ns IS NULL) AS open_parents,
        count(*) FILTER (WHERE ended_at_ns IS NOT NULL) AS total_executions,
        count(*) FILTER (WHERE state = 'filled') AS successful
    FROM parent_orders WHERE account = engine.account
) AS orders
CROSS JOIN LATERAL (
    SELECT count(*) AS fills, coalesce(sum(notional), 0) AS total_volume FROM fills WHERE account = engine.account
) AS traded
WHERE $1::text IS NULL OR engine.account = $1 ORDER BY engine.account COLLATE "C"
