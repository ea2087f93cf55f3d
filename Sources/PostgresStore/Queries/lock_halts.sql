-- lock_halts.sql: waits for every transaction that commits intents, and keeps new ones waiting.
SELECT pg_advisory_xact_lock($1)
