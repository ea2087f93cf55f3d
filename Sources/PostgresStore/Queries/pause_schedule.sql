-- pause_schedule.sql: schedule $1/$2 starts nothing more, says $3; the first word stands.
UPDATE schedules SET paused_at = clock_timestamp(), paused_by = $3
WHERE workflow = $1 AND id = $2 AND removed_at IS NULL AND paused_at IS NULL RETURNING id
