-- recall_errands.sql: takes questions $1 back that nobody has begun to ask.
DELETE FROM agent_errands WHERE id = ANY ($1::text[]) AND worker IS NULL RETURNING id
