-- unfinished_of_schedule.sql: runs of schedule $1/$2 that have not ended, oldest first.
SELECT run.id FROM runs AS run JOIN schedule_ticks AS tick ON tick.run = run.id
WHERE run.state <> 'finished' AND tick.workflow = $1 AND tick.schedule = $2 ORDER BY run.number
