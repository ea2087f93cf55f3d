-- cancellation_of_run.sql: who asked run $1 to end early, and why.
SELECT requested_by, reason FROM run_cancellations WHERE run = $1
