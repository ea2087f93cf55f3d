-- see_schedule.sql: every time of schedule $1/$2 up to $3 is dealt with.
UPDATE schedules SET seen_until_ns = $3 WHERE workflow = $1 AND id = $2
