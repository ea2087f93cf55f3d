-- save_routes.sql: keeps what was learned for account $1 at $3 while epoch $2 holds it, and tells whether it does.
WITH fence AS (
    SELECT account FROM account_engines WHERE account = $1 AND epoch = $2 FOR SHARE
), head AS (
    INSERT INTO learned_routes (account, learned_at_ns) SELECT account, $3::bigint FROM fence
    ON CONFLICT DO NOTHING RETURNING account, learned_at_ns
), cells AS (
    INSERT INTO learned_route_cells
    SELECT head.account, head.learned_at_ns, cell.*
    FROM head, unnest($4::text[], $5::text[], $6::text[], $7::bigint[], $8::float8[], $9::float8[], $10::float8[]) AS cell
)
SELECT EXISTS (SELECT FROM fence) AS is_held
