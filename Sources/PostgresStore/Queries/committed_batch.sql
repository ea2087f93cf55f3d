-- committed_batch.sql: whether account $1 is still held, and what refused intents of the batch that had committed.
SELECT EXISTS (
        SELECT FROM account_engines WHERE account = $1 AND epoch = $2 AND worker = $4::uuid
    ) AS is_held, halts.id, halts.reason, halts.activated_by, halts.since_ns,
    EXISTS (SELECT FROM halt_flattens WHERE halt = halts.id) AS flattens
FROM (SELECT $1 AS account) AS asked
LEFT JOIN engine_batches AS batch ON batch.account = asked.account AND batch.epoch = $2 AND batch.sequence = $3
LEFT JOIN halts ON halts.id = batch.refused_by
