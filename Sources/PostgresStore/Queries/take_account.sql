-- take_account.sql: gives account $1 to worker $3 under a higher epoch.
WITH engine AS (
    UPDATE account_engines SET epoch = $2, worker = $3::uuid, incarnation = $4, acquired_at = clock_timestamp()
    WHERE account = $1 RETURNING account, epoch, worker, incarnation, acquired_at
)
INSERT INTO engine_leases (account, epoch, worker, incarnation, acquired_at) SELECT * FROM engine
