-- close_worker.sql: worker $1 claims nothing more.
UPDATE workers SET serves = NULL WHERE id = $1::uuid
