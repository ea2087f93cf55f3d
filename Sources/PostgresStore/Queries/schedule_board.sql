-- schedule_board.sql: the database's clock, with every schedule that is there.
SELECT clock.now, schedule.workflow, schedule.id, schedule.definition_hash, schedule.account, schedule.seen_until_ns,
    schedule.paused_by
FROM (SELECT clock_timestamp() AS now) AS clock LEFT JOIN schedules AS schedule ON schedule.removed_at IS NULL
ORDER BY schedule.workflow COLLATE "C", schedule.id COLLATE "C"
