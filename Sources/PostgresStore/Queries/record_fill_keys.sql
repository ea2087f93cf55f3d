-- record_fill_keys.sql: takes the keys of fills of account $1; one that is taken is an error, and the batch is sent anew
-- with settle_fills.
INSERT INTO fill_keys (account, symbol, trade_id)
SELECT $1, symbol, trade_id FROM unnest($2::text[], $3::text[]) AS fill (symbol, trade_id)
