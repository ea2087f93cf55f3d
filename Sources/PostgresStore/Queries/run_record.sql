-- run_record.sql: run $1 as it was created.
SELECT run.workflow, run.definition_hash, run.account, run.environment, run.seed, run.started_at_ns, body.inputs,
    body.launch
FROM runs AS run JOIN run_bodies AS body ON body.run = run.id WHERE run.id = $1
