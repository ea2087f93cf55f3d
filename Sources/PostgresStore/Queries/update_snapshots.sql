-- update_snapshots.sql: stores the algorithms' states.
INSERT INTO parent_snapshots (parent, kind, version, state)
SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::json[])
ON CONFLICT (parent) DO UPDATE SET kind = excluded.kind, version = excluded.version, state = excluded.state
