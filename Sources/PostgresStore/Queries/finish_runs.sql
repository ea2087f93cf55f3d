-- finish_runs.sql: ends runs that are still held at their epoch, with their reports; returns those. The state is compared
-- as in complete_steps.sql.
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[])
        AS asked (run, epoch, status, ended_at_ns, report)
), ended AS (
    UPDATE runs SET state = 'finished', status = asked.status, ended_at_ns = asked.ended_at_ns,
        finished_at = clock_timestamp(), worker = NULL
    FROM asked WHERE runs.id = asked.run AND runs.epoch = asked.epoch AND runs.state::text = 'running' RETURNING runs.id
), reported AS (
    UPDATE run_bodies SET report = asked.report::json FROM asked JOIN ended ON ended.id = asked.run
    WHERE run_bodies.run = asked.run
)
SELECT id FROM ended
