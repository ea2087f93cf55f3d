-- applied_workflow.sql: what workflow $1 was applied as; with a lock, so that two cannot apply it at once.
SELECT definition_hash FROM applied_workflows WHERE workflow = $1 FOR UPDATE
