-- cancel_parents_of_run.sql: asks every open parent of run $1 to be cancelled, unless that was asked already.
INSERT INTO parent_commands (parent, account, kind, reason, requested_by)
SELECT id, account, 'cancel', $2, $3 FROM parent_orders AS parent WHERE run = $1 AND ended_at_ns IS NULL
    AND NOT EXISTS (SELECT FROM parent_commands AS known WHERE known.parent = parent.id AND known.kind = 'cancel')
