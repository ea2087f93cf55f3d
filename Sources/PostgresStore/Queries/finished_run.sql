-- finished_run.sql: whether run $1 ended under epoch $2 with status $3: the answer to a lost COMMIT.
SELECT EXISTS (
    SELECT FROM runs WHERE id = $1 AND epoch = $2 AND state = 'finished' AND status = $3
) AS is_finished
