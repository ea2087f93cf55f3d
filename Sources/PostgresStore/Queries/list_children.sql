-- list_children.sql: the children of parent $1 in the order in which they were made.
SELECT id, parent, symbol, side, quantity, type, limit_price, time_in_force, slice, life, outstanding, filled,
    request_time_ns, broker_order_id, reason, replaces, attempt
FROM children_of($1) ORDER BY request_time_ns, length(id), id
