-- table_sizes.sql: tables with their partitions, indexes and texts, the largest first.
SELECT CASE WHEN top.relnamespace = 'paper'::regnamespace THEN 'paper.' ELSE '' END || top.relname AS name,
    sum(pg_total_relation_size(part.relid))::bigint AS bytes, sum(coalesce(stat.n_live_tup, 0))::bigint AS live_rows,
    sum(coalesce(stat.n_dead_tup, 0))::bigint AS dead_rows
FROM pg_class AS top
CROSS JOIN LATERAL (
    SELECT relid FROM pg_partition_tree(top.oid) UNION SELECT top.oid
) AS part
LEFT JOIN pg_stat_user_tables AS stat ON stat.relid = part.relid
WHERE top.relkind IN ('r', 'p') AND NOT top.relispartition
    AND top.relnamespace IN (current_schema()::regnamespace, 'paper'::regnamespace)
GROUP BY top.oid, top.relname, top.relnamespace ORDER BY bytes DESC, name
