-- take_slot.sql: one of the first $2 slots of pool $1 for step $5 of run $3 at epoch $4; NULL when none is free.
SELECT take_slot($1, $2::integer, $3, $4, $5) AS place
