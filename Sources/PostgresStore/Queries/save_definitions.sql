-- save_definitions.sql: stores the texts behind definition $1.
INSERT INTO workflow_definitions (hash, name, source)
SELECT $1, name, source FROM unnest($2::text[], $3::text[]) AS definition (name, source) ON CONFLICT DO NOTHING
