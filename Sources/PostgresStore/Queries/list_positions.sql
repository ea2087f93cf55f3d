-- list_positions.sql: cached positions of account $1.
SELECT symbol, quantity, cost_basis, realized, currency FROM positions WHERE account = $1
ORDER BY symbol COLLATE "C"
