-- lock_halts_shared.sql: lets no halt commit before this transaction ends; the next statement sees those that did.
SELECT pg_advisory_xact_lock_shared($1)
