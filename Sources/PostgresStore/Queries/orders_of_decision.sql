-- orders_of_decision.sql: the parents that decision $1 led to, in the order in which they were asked for.
SELECT id FROM parent_orders WHERE decision = $1 ORDER BY number
