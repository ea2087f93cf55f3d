-- update_snapshots.sql: stores how much of parents is filled, and their algorithms' states where there is a new one.
UPDATE parent_snapshots AS snapshot SET
    filled = change.filled, kind = coalesce(change.kind, snapshot.kind),
    version = coalesce(change.version, snapshot.version), state = coalesce(change.state, snapshot.state)
FROM unnest($1::text[], $2::numeric[], $3::text[], $4::integer[], $5::text[])
    AS change (parent, filled, kind, version, state)
WHERE snapshot.parent = change.parent
