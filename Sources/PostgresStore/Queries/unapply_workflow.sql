-- unapply_workflow.sql: forgets that workflow $1 was applied; definitions and ticks stay.
DELETE FROM applied_workflows WHERE workflow = $1
