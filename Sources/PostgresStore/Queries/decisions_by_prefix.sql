-- decisions_by_prefix.sql: decisions whose id or key begins with $1, or that run $1 recorded, newest first.
SELECT decision, max(number) AS newest FROM decisions
WHERE starts_with(decision, $1) OR starts_with(key, $1) OR run = $1
GROUP BY decision ORDER BY newest DESC LIMIT $2
