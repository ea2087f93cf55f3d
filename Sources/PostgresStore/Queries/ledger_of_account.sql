-- ledger_of_account.sql: the newest $2 (NULL: all) ledger entries of account $1, the last one booked first.
SELECT kind, reference, symbol, quantity, notional, cash_change, commission, currency, note, at_ns
FROM ledger_entries WHERE account = $1 ORDER BY number DESC LIMIT $2
