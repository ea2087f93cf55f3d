-- record_halt_steps.sql: what the engine of account $1 under epoch $2 did about a halt.
INSERT INTO halt_steps (account, epoch, halt, kind, at_ns, venue_time_ns, open_orders, unproven, note)
SELECT $1, $2, halt, kind, at_ns, venue_time_ns, open_orders, unproven, note
FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[])
    AS step (halt, kind, at_ns, venue_time_ns, open_orders, unproven, note)
