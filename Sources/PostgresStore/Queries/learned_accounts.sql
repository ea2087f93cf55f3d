-- learned_accounts.sql: accounts that have learned routes, in order.
SELECT DISTINCT account FROM learned_routes ORDER BY account
