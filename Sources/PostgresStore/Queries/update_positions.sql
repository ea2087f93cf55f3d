-- update_positions.sql: caches what positions of account $1 are now.
INSERT INTO positions (account, symbol, quantity, cost_basis, realized, currency)
SELECT $1, symbol, quantity, cost_basis, realized, currency
FROM unnest($2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::text[])
    AS position (symbol, quantity, cost_basis, realized, currency)
ON CONFLICT (account, symbol) DO UPDATE
SET quantity = excluded.quantity, cost_basis = excluded.cost_basis, realized = excluded.realized
