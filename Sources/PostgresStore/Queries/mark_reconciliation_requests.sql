-- mark_reconciliation_requests.sql: marks requests $2 of account $1, and those before them, as done.
UPDATE reconciliation_requests SET taken_at = clock_timestamp()
WHERE account = $1 AND taken_at IS NULL AND number <= (SELECT max(number) FROM unnest($2::bigint[]) AS done (number))
