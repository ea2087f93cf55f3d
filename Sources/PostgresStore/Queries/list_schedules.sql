-- list_schedules.sql: every schedule that is there, with its newest tick and its newest run.
SELECT schedule.workflow, schedule.id, schedule.definition_hash, schedule.terms, schedule.account,
    schedule.seen_until_ns, schedule.applied_at, schedule.paused_at, schedule.paused_by,
    tick.due_at_ns, tick.first_due_at_ns, tick.times, tick.outcome, tick.run, tick.reason, tick.definition_hash AS tick_hash,
    tick.recorded_at,
    (SELECT count(*) FROM schedule_ticks AS started JOIN runs AS run ON run.id = started.run
        WHERE run.state <> 'finished' AND started.workflow = schedule.workflow AND started.schedule = schedule.id)
        AS unfinished
FROM schedules AS schedule
LEFT JOIN LATERAL (SELECT * FROM schedule_ticks AS each
    WHERE each.workflow = schedule.workflow AND each.schedule = schedule.id ORDER BY each.due_at_ns DESC LIMIT 1)
    AS tick ON true
WHERE schedule.removed_at IS NULL
ORDER BY schedule.workflow COLLATE "C", schedule.id COLLATE "C"
