-- lock_run.sql: run $1 with its body and who holds it.
SELECT run.workflow, run.definition_hash, run.state, run.status, run.account, run.environment, run.epoch, run.seed,
    run.started_at_ns, run.key, run.key_limit, run.key_place, body.inputs, body.launch,
    EXISTS (SELECT FROM run_cancellations WHERE run_cancellations.run = run.id) AS is_cancelled,
    run.worker, worker.host, worker.boot_id, worker.pid,
    worker.process_start, worker.program, date_trunc('second', run.claimed_at) AS held_since,
    worker.ended_at IS NULL AND worker.lease_until > clock_timestamp() AS is_leased
FROM runs AS run JOIN run_bodies AS body ON body.run = run.id LEFT JOIN workers AS worker ON worker.id = run.worker
WHERE run.id = $1 FOR NO KEY UPDATE OF run
