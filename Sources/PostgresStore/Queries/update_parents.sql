-- update_parents.sql: sets parents of account $1 whose own state has changed to what they are now; an end, once written, stays.
UPDATE parent_orders AS parent SET
    state = change.state::parent_state, filled = change.filled,
    algorithm = coalesce(change.algorithm, parent.algorithm),
    arrival_price = coalesce(change.arrival_price, parent.arrival_price),
    ended_at_ns = coalesce(parent.ended_at_ns, change.ended_at_ns)
FROM unnest($2::text[], $3::text[], $4::numeric[], $5::text[], $6::numeric[], $7::bigint[])
    AS change (id, state, filled, algorithm, arrival_price, ended_at_ns)
WHERE parent.id = change.id AND parent.account = $1
