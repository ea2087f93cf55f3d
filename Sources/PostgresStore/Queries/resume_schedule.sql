-- resume_schedule.sql: schedule $1/$2 fires again, with its next time.
UPDATE schedules SET paused_at = NULL, paused_by = NULL,
    seen_until_ns = (extract(epoch FROM clock_timestamp()) * 1e9)::bigint
WHERE workflow = $1 AND id = $2 AND removed_at IS NULL AND paused_at IS NOT NULL RETURNING id
