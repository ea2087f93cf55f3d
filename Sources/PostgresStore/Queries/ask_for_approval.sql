-- ask_for_approval.sql: step $2 of run $1 asks about a plan, once or again; people have $8 microseconds from now.
WITH asked AS (
    INSERT INTO approval_requests (run, step_path, account, digest, plan, on_timeout, asked_ns, expires_at)
    VALUES ($1, $2, $3, $4, $5::json, $6, $7, clock_timestamp() + $8::bigint * interval '1 microsecond')
    ON CONFLICT (run, step_path, digest) DO UPDATE
        SET state = 'pending', asked_ns = excluded.asked_ns, asked_at = clock_timestamp(), expires_at = excluded.expires_at
        WHERE approval_requests.state = 'superseded'
    RETURNING run, step_path, account, digest, asked_ns
)
INSERT INTO alerts (account, code, message, at_ns, level)
SELECT account, 'approval_wanted', 'Run ' || run || ', step ' || step_path || ', waits for a person: smartexec approve '
    || run || ' --digest ' || left(digest, 12), asked_ns, 'info'
FROM asked
