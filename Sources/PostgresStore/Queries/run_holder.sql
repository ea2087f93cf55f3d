-- run_holder.sql: how run $1 stands, and the process that works it.
SELECT run.state, run.status, worker.pid, worker.program || ' on ' || worker.host || ', process ' || worker.pid AS holder,
    coalesce(worker.ended_at IS NULL AND worker.lease_until > clock_timestamp(), false) AS is_held,
    (SELECT count(*) FROM parent_orders AS parent WHERE parent.run = run.id AND parent.ended_at_ns IS NULL) AS open_parents
FROM runs AS run LEFT JOIN workers AS worker ON worker.id = run.worker WHERE run.id = $1
