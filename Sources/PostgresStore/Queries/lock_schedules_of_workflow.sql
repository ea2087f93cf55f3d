-- lock_schedules_of_workflow.sql: every schedule that workflow $1 ever had, until the end of the transaction.
SELECT id, definition_hash, terms, account, paused_by, removed_at IS NOT NULL AS is_removed
FROM schedules WHERE workflow = $1 ORDER BY id COLLATE "C" FOR UPDATE
