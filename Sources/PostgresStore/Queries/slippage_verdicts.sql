-- slippage_verdicts.sql: the newest $2 parents of account $1 that the slippage control judged, with what it said.
SELECT parent.id, parent.symbol, parent.side, parent.state, parent.algorithm, parent.submitted_at_ns,
    coalesce(body.admission -> 'slippage', body.result -> 'slippage') AS verdict, record.slippage
FROM parent_orders AS parent
JOIN parent_bodies AS body ON body.parent = parent.id
LEFT JOIN slippage_records AS record ON record.parent = parent.id
WHERE parent.account = $1 AND coalesce(body.admission -> 'slippage', body.result -> 'slippage') IS NOT NULL
ORDER BY parent.number DESC LIMIT $2
