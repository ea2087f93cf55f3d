-- record_ledger.sql: books ledger entries of account $1 that no fill tells and that are not booked yet, in their order,
-- and returns those. They are few: an opening balance, a transfer, a funding payment.
WITH batch AS (
    SELECT * FROM unnest(
        $2::text[], $3::text[], $4::text[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::text[],
        $10::text[], $11::bigint[]
    ) WITH ORDINALITY AS entry (
        kind, reference, symbol, quantity, notional, cash_change, commission, currency, note, at_ns, position
    )
), fresh AS (
    INSERT INTO ledger_keys (account, kind, symbol, reference)
    SELECT $1, kind, coalesce(symbol, ''), reference FROM batch
    ON CONFLICT DO NOTHING RETURNING kind, symbol, reference
)
INSERT INTO ledger_records (
    account, kind, reference, symbol, quantity, notional, cash_change, commission, currency, note, at_ns
)
SELECT $1, batch.kind, batch.reference, batch.symbol, batch.quantity, batch.notional, batch.cash_change,
    batch.commission, batch.currency, batch.note, batch.at_ns
FROM batch JOIN fresh ON fresh.kind = batch.kind AND fresh.symbol = coalesce(batch.symbol, '')
    AND fresh.reference = batch.reference
ORDER BY batch.position
RETURNING kind, symbol, reference
