-- take_commands.sql: takes what was asked of parents of account $1; the batch that took it is noted.
UPDATE parent_commands SET taken_epoch = $2, taken_sequence = $3 WHERE account = $1 AND taken_epoch IS NULL
RETURNING number, parent, kind, reason
