-- record_tick.sql: what became of a time of schedule $1/$2; one that started a run stays as it is.
INSERT INTO schedule_ticks AS tick
    (workflow, schedule, due_at_ns, first_due_at_ns, times, outcome, run, reason, definition_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (workflow, schedule, due_at_ns) DO UPDATE
SET first_due_at_ns = excluded.first_due_at_ns, times = excluded.times, outcome = excluded.outcome,
    run = excluded.run, reason = excluded.reason, definition_hash = excluded.definition_hash,
    recorded_at = excluded.recorded_at
WHERE tick.run IS NULL
RETURNING due_at_ns
