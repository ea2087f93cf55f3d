-- run_failures.sql: how often in a row run $1 was worked in vain.
SELECT failures FROM runs WHERE id = $1
