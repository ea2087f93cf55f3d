-- apply_workflow.sql: workflow $1 is definition $2 with canonical text $3 from now on, says $4.
INSERT INTO applied_workflows (workflow, definition_hash, canonical, applied_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (workflow) DO UPDATE
SET definition_hash = excluded.definition_hash, canonical = excluded.canonical, applied_by = excluded.applied_by,
    applied_at = excluded.applied_at
