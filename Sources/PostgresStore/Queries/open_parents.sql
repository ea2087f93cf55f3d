-- open_parents.sql: ids of the parents of account $1 that are not final, in the order they came.
SELECT id FROM parent_orders WHERE account = $1 AND ended_at_ns IS NULL ORDER BY number
