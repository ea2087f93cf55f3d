-- begin_batch.sql: names the batch and fences it; SX001 taken over, SX002 committed already, SX003 the batch before ($6)
-- is gone.
SELECT begin_engine_batch($1, $2, $3, $4::uuid, $5, $6)
