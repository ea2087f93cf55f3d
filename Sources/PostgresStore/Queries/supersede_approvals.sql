-- supersede_approvals.sql: step $2 of run $1 asks about plan $3 now, and about no other any more.
UPDATE approval_requests SET state = 'superseded' WHERE run = $1 AND step_path = $2 AND digest <> $3 AND state = 'pending'
