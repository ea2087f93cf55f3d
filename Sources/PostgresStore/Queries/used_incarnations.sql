-- used_incarnations.sql: the incarnations that engines of account $1 ever had.
SELECT DISTINCT incarnation FROM engine_leases WHERE account = $1
