-- steps_of_run.sql: the finished steps of run $1 in the order in which they were done.
SELECT step.path, step.uses, step.effect, step.outcome, step.started_at_ns, step.done_at_ns
FROM step_runs AS step JOIN step_done AS done USING (run, path, number)
WHERE step.run = $1 ORDER BY done.number
