-- list_approvals.sql: the newest $4 requests of account $1 and run $2 (NULL: any); with $3 only those that wait.
SELECT request.plan, request.digest, request.state, request.on_timeout, request.asked_at, request.expires_at,
    request.decided_by, request.decided_at, request.decided_how, request.note
FROM approval_requests AS request JOIN runs AS run ON run.id = request.run
WHERE ($1::text IS NULL OR $1 IN (request.account, split_part(request.account, '@', 1)))
    AND ($2::text IS NULL OR request.run = $2)
    AND (NOT $3::boolean OR (request.state = 'pending' AND request.expires_at > clock_timestamp() AND run.state <> 'finished'))
ORDER BY request.number DESC LIMIT $4
