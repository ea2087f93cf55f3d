-- parents_of_run.sql: the parents of run $1, in the order in which they were asked for.
SELECT id FROM parent_orders WHERE run = $1 ORDER BY number
