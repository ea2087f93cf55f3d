-- record_drill.sql: a rehearsal of halt $1 by one engine, that of account $2.
INSERT INTO halt_drills (halt, account, engines, orders, halted_seconds, proven_seconds, drilled_by, flat_seconds)
VALUES ($1, $2, 1, $3, $4::text::float8, $5::text::float8, $6, $7::text::float8)
