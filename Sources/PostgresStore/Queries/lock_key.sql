-- lock_key.sql: holds the concurrency key $3 of workflow $2 on account $1 to the end of the transaction; others wait.
SELECT set_config('idle_in_transaction_session_timeout', '10s', true),
    pg_advisory_xact_lock(hashtextextended(concat_ws(E'\n', $1::text, $2::text, $3::text), 23))
