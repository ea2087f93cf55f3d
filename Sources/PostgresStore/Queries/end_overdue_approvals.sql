-- end_overdue_approvals.sql: ends what nobody has answered in time, of run $1 or (NULL) of all.
SELECT end_overdue_approvals($1) AS ended
