-- begin_batch.sql: names the batch and fences it; SX001 taken over, SX002 committed already.
SELECT begin_engine_batch($1, $2, $3, $4::uuid, $5)
