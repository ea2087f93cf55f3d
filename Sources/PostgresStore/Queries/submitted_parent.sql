-- submitted_parent.sql: the parent of id $1, or else of step $3 of run $2.
SELECT id FROM parent_orders WHERE id = $1 OR (run = $2 AND step_path = $3) ORDER BY id <> $1 LIMIT 1
