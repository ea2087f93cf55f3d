-- lock_run_state.sql: holds run $1 for an answer, or for letting go of it.
SELECT state FROM runs WHERE id = $1 FOR NO KEY UPDATE
