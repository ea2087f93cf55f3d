-- learned_routes.sql: what account $1 learned last, a row for each cell; one row without a cell where there was nothing to learn.
SELECT head.learned_at_ns, cell.market_state, cell.size_bucket, cell.algorithm, cell.samples, cell.fill_rate,
    cell.slippage_bps, cell.cost_bps
FROM (
    SELECT account, learned_at_ns FROM learned_routes WHERE account = $1 ORDER BY learned_at_ns DESC LIMIT 1
) AS head
LEFT JOIN learned_route_cells AS cell USING (account, learned_at_ns)
