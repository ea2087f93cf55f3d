-- mark_commands.sql: marks commands to parents of account $1 as done by batch $2/$3, which commits what they caused.
UPDATE parent_commands SET taken_epoch = $2, taken_sequence = $3
WHERE account = $1 AND number = ANY ($4::bigint[]) AND taken_epoch IS NULL
