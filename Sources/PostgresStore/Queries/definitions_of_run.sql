-- definitions_of_run.sql: the texts behind definition $1.
SELECT name, source FROM workflow_definitions WHERE hash = $1
