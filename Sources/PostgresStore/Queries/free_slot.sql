-- free_slot.sql: gives the slot of pool $1 back that step $4 of run $2 holds at epoch $3.
UPDATE slots SET run = NULL, epoch = NULL, path = NULL, taken_at = NULL
WHERE pool = $1 AND run = $2 AND epoch = $3 AND path = $4
