-- fence_account.sql: holds account $1 for worker $2; SX001 when it was taken over.
SELECT fence_account($1, $2::uuid)
