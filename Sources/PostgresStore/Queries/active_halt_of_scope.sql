-- active_halt_of_scope.sql: the halt of exactly this scope (NULL: all accounts) that has no end.
SELECT id, reason, activated_by, since_ns, EXISTS (SELECT FROM halt_flattens WHERE halt = halts.id) AS flattens FROM halts
WHERE account IS NOT DISTINCT FROM $1 AND NOT EXISTS (SELECT FROM halt_ends WHERE halt = halts.id)
ORDER BY number LIMIT 1
