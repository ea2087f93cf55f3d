-- halt_history.sql: the newest $2 halts that concern account $1 (NULL: any), newest first.
SELECT halts.id, halts.account, halts.reason, halts.activated_by, halts.since_ns, halts.activated_at,
    EXISTS (SELECT FROM halt_flattens WHERE halt = halts.id) AS flattens,
    halt_ends.reason AS end_reason, halt_ends.deactivated_by, halt_ends.deactivated_at
FROM halts LEFT JOIN halt_ends ON halt_ends.halt = halts.id
WHERE $1::text IS NULL OR halts.account IS NULL OR halts.account IN ($1, split_part($1, '@', 1))
ORDER BY halts.number DESC LIMIT $2
