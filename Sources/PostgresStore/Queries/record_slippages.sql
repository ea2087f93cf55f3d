-- record_slippages.sql: keeps the slippage of parents of account $1 that ended, in their order.
INSERT INTO slippage_records (account, parent, at_ns, slippage, slippage_limit)
SELECT $1, parent, at_ns, slippage, slippage_limit
FROM unnest($2::text[], $3::bigint[], $4::double precision[], $5::double precision[]) WITH ORDINALITY
    AS record (parent, at_ns, slippage, slippage_limit, position)
ORDER BY position
