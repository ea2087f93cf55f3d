-- list_runs.sql: the newest $3 runs of account $1, of id $2, in state or with status $4, of workflow $5; NULL for any.
SELECT run.id, run.workflow, run.state, run.status, run.account, run.environment, run.started_at_ns,
    run.ended_at_ns, run.created_at,
    (SELECT count(*) FROM step_done AS step WHERE step.run = run.id) AS steps,
    (SELECT count(*) FROM parent_orders AS parent WHERE parent.run = run.id) AS parents,
    worker.program || ' on ' || worker.host || ', process ' || worker.pid AS holder,
    coalesce(worker.ended_at IS NULL AND worker.lease_until > clock_timestamp(), false) AS is_held
FROM runs AS run LEFT JOIN workers AS worker ON worker.id = run.worker
WHERE ($1::text IS NULL OR $1 IN (run.account, split_part(run.account, '@', 1))) AND ($2::text IS NULL OR run.id = $2)
    AND ($4::text IS NULL OR run.state::text = $4 OR run.status = upper($4)) AND ($5::text IS NULL OR run.workflow = $5)
ORDER BY run.number DESC LIMIT $3
