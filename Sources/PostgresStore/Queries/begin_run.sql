-- begin_run.sql: run $1 of epoch $2 begins at business time $3, now that its market is open; later claims keep that.
UPDATE runs SET started_at_ns = $3 WHERE id = $1 AND epoch = $2 AND state = 'running'
