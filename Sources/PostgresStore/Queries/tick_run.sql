-- tick_run.sql: the run that time $3 of schedule $1/$2 started, if any.
SELECT run FROM schedule_ticks WHERE workflow = $1 AND schedule = $2 AND due_at_ns = $3 AND run IS NOT NULL
