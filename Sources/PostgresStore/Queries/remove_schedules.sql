-- remove_schedules.sql: schedules $2 of workflow $1 fire no more; their runs go on.
UPDATE schedules SET removed_at = clock_timestamp(), paused_at = NULL, paused_by = NULL
WHERE workflow = $1 AND id = ANY($2::text[]) AND removed_at IS NULL RETURNING id
