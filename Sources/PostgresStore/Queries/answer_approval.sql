-- answer_approval.sql: answers the request of run $1, step $2, for plan $3: state $4, by $5, by way of $6, with a note.
UPDATE approval_requests SET state = $4, decided_by = $5, decided_how = $6, note = $7, decided_at = clock_timestamp()
WHERE run = $1 AND step_path = $2 AND digest = $3 AND state = 'pending' AND expires_at > clock_timestamp()
