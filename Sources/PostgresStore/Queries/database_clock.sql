-- database_clock.sql: what decides when something is due.
SELECT clock_timestamp() AS now
