-- fence_run.sql: holds run $1 at epoch $2; SX003 when it was taken over.
SELECT fence_run($1, $2)
