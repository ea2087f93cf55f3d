-- begin_runs.sql: records runs and gives them to worker $1 under their first epoch, except those that are recorded.
WITH asked AS (
    SELECT * FROM unnest(
        $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::bigint[], $9::text[], $10::text[]
    ) AS asked (id, workflow, definition_hash, account, environment, seed, started_at_ns, inputs, launch)
), begun AS (
    INSERT INTO runs (
        id, workflow, definition_hash, account, environment, seed, started_at_ns, state, worker, epoch, claimed_at
    )
    SELECT id, workflow, definition_hash, account, environment, seed, started_at_ns, 'running', $1::uuid, 1,
        clock_timestamp()
    FROM asked ON CONFLICT DO NOTHING RETURNING id
), bodies AS (
    INSERT INTO run_bodies (run, inputs, launch)
    SELECT id, inputs::json, launch::json FROM asked JOIN begun USING (id)
)
SELECT id FROM begun
