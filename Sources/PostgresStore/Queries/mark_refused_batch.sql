-- mark_refused_batch.sql: notes the halt that refused the batch's intents, for whoever asks for its outcome again.
UPDATE engine_batches AS batch SET refused_by = halt.id FROM active_halts($1) AS halt
WHERE batch.account = $1 AND batch.epoch = $2 AND batch.sequence = $3
