-- list_ticks.sql: the newest $3 ticks of schedule $1/$2, with how their runs stand.
SELECT tick.due_at_ns, tick.first_due_at_ns, tick.times, tick.outcome, tick.run, tick.reason,
    tick.definition_hash AS tick_hash, tick.recorded_at, run.state AS run_state, run.status AS run_status
FROM schedule_ticks AS tick LEFT JOIN runs AS run ON run.id = tick.run
WHERE tick.workflow = $1 AND tick.schedule = $2 ORDER BY tick.due_at_ns DESC LIMIT $3
