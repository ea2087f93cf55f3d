-- overdue_approvals.sql: whether run $1 has asked something that nobody answered in time.
SELECT EXISTS (
    SELECT FROM approval_requests WHERE run = $1 AND state = 'pending' AND expires_at <= clock_timestamp()
) AS is_overdue
