-- run_body.sql: what is stored of run $1 beside its row in a list.
SELECT run.definition_hash, run.epoch, run.seed, body.inputs, body.launch, body.report
FROM runs AS run JOIN run_bodies AS body ON body.run = run.id WHERE run.id = $1
