-- orders_by_prefix.sql: parents whose id begins with $1, newest first.
SELECT id FROM parent_orders WHERE starts_with(id, $1) ORDER BY number DESC LIMIT $2
