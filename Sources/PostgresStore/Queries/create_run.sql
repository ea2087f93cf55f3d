-- create_run.sql: records a run, unless it is recorded.
WITH run AS (
    INSERT INTO runs (id, workflow, definition_hash, account, environment, seed, started_at_ns)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id
)
INSERT INTO run_bodies (run, inputs, launch) SELECT id, $8, $9 FROM run
