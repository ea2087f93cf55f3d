-- park_run.sql: nobody holds run $1 of epoch $2 while people are asked; not when they have answered meanwhile.
UPDATE runs SET state = 'waiting', worker = NULL
WHERE id = $1 AND epoch = $2 AND state = 'running' AND (
    SELECT count(*) FILTER (WHERE state = 'pending') > 0
        AND bool_and(state <> 'pending' OR expires_at > clock_timestamp())
        AND count(*) FILTER (WHERE state IN ('approved', 'rejected', 'expired')
            AND NOT EXISTS (SELECT FROM step_done AS done WHERE done.run = request.run AND done.path = request.step_path)) = 0
    FROM approval_requests AS request WHERE request.run = $1
)
