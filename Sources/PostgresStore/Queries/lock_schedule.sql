-- lock_schedule.sql: schedule $1/$2 as it is now, until the end of the transaction.
SELECT definition_hash, terms, account, seen_until_ns, paused_by, removed_at IS NOT NULL AS is_removed
FROM schedules WHERE workflow = $1 AND id = $2 FOR UPDATE
