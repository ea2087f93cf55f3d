-- complete_steps.sql: records finished steps, each unless its path is done, of the runs that are held at their epoch still.
-- Returns the runs as they are held: of any other nothing was recorded. The state is compared as a text so that no plan
-- walks the index of running runs, which holds every run that has ended since it was last cleaned.
WITH held AS MATERIALIZED (
    SELECT id, epoch FROM runs WHERE id = ANY ($1::text[]) AND state::text = 'running' ORDER BY id FOR SHARE
), asked AS (
    SELECT asked.* FROM unnest(
        $1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]
    ) WITH ORDINALITY AS asked (run, epoch, path, uses, effect, outcome, started_at_ns, done_at_ns, place)
    JOIN held ON held.id = asked.run AND held.epoch = asked.epoch
), done AS (
    INSERT INTO step_done (run, path) SELECT run, path FROM asked ORDER BY place
    ON CONFLICT DO NOTHING RETURNING run, path, number
), recorded AS (
    INSERT INTO step_runs (run, path, number, uses, effect, outcome, started_at_ns, done_at_ns)
    SELECT run, path, number, uses, effect, outcome::json, started_at_ns, done_at_ns FROM done JOIN asked USING (run, path)
)
SELECT id, epoch FROM held
