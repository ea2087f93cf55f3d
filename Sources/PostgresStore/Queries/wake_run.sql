-- wake_run.sql: run $1, which waited for an answer, may go on.
UPDATE runs SET state = 'ready' WHERE id = $1 AND state = 'waiting'
