-- parents_by_id.sql: parents with their bodies and snapshots, in the order asked.
SELECT parent.id, parent.state, greatest(parent.filled, snapshot.filled) AS filled, body.submission, body.admission, body.result,
    snapshot.kind AS snapshot_kind, snapshot.version AS snapshot_version, snapshot.state AS snapshot_state
FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, position)
JOIN parent_orders AS parent USING (id)
JOIN parent_bodies AS body ON body.parent = parent.id
LEFT JOIN parent_snapshots AS snapshot ON snapshot.parent = parent.id
ORDER BY asked.position
