-- update_children.sql: sets child orders to what they are now.
UPDATE child_orders AS child SET
    life = coalesce(change.life::child_life, child.life),
    outstanding = coalesce(change.outstanding::outstanding_request, child.outstanding),
    filled = coalesce(change.filled, child.filled),
    open = coalesce(change.open, child.open),
    broker_order_id = coalesce(change.broker_order_id, child.broker_order_id),
    reason = coalesce(change.reason, child.reason)
FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::text[], $6::text[], $7::numeric[])
    AS change (id, life, outstanding, filled, broker_order_id, reason, open)
WHERE child.id = change.id
