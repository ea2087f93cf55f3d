-- oldest_snapshot.sql: age of the oldest transaction that holds a snapshot of this database.
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::double precision AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
