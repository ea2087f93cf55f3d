-- committed_commands.sql: the commands that batch $2/$3 of account $1 took.
SELECT number, parent, kind, reason FROM parent_commands
WHERE account = $1 AND taken_epoch = $2 AND taken_sequence = $3
