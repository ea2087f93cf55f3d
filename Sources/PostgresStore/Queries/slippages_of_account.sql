-- slippages_of_account.sql: the newest $2 slippage records of account $1, the last one first.
SELECT parent, at_ns, slippage, slippage_limit FROM slippage_records WHERE account = $1 ORDER BY number DESC LIMIT $2
