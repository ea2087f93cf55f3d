-- compare_executions.sql: executions of account $1 by dimension $2, submitted from $3 until before $4; NULL restricts nothing.
SELECT * FROM compare_executions($1, $3::bigint, $4::bigint) WHERE dimension = $2 ORDER BY value, currency
