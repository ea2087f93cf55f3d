-- ticks_between.sql: times of schedule $1/$2 from $3 to $4 that started a run.
SELECT due_at_ns FROM schedule_ticks
WHERE workflow = $1 AND schedule = $2 AND due_at_ns BETWEEN $3 AND $4 AND run IS NOT NULL
