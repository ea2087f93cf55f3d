-- create_run.sql: records a run, unless it is recorded; $10 to $12 are its concurrency key with limit and place.
WITH run AS (
    INSERT INTO runs (
        id, workflow, definition_hash, account, environment, seed, started_at_ns, key, key_limit, key_place
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $10, $11, $12) ON CONFLICT (id) DO NOTHING RETURNING id
)
INSERT INTO run_bodies (run, inputs, launch) SELECT id, $8, $9 FROM run
