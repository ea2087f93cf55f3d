-- drop_errands.sql: removes questions $1, whoever asks them.
DELETE FROM agent_errands WHERE id = ANY ($1::text[])
