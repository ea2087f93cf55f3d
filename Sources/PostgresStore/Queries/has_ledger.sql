-- has_ledger.sql: whether account $1 has any ledger entry.
SELECT EXISTS (SELECT FROM ledger_keys WHERE account = $1) AS has_ledger
