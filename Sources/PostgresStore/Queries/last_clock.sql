-- last_clock.sql: business time of account $1's last batch.
SELECT clock_ns FROM engine_batches WHERE account = $1 ORDER BY epoch DESC, sequence DESC LIMIT 1
