-- askers_of_run.sql: which worker asked the agent of which step of run $1, where it was not the one that held the run.
SELECT decision.step_path, worker.program || ' on ' || worker.host || ', process ' || worker.pid AS asker
FROM decisions AS decision JOIN workers AS worker ON worker.id = decision.asked_by
WHERE decision.run = $1 ORDER BY decision.step_path
