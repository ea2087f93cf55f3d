-- release_account.sql: gives account $1 back, if it is still held under epoch $2.
UPDATE account_engines SET worker = NULL, incarnation = NULL, acquired_at = NULL
WHERE account = $1 AND epoch = $2 AND worker = $3::uuid
