-- moving_key.sql: whether a living worker works a run of concurrency key $3 of workflow $2 on account $1.
SELECT EXISTS (
    SELECT FROM runs AS run JOIN workers AS worker ON worker.id = run.worker
    WHERE run.account = $1 AND run.workflow = $2 AND run.key = $3 AND run.state = 'running'
        AND worker.ended_at IS NULL AND worker.lease_until > clock_timestamp()
) AS is_moving
