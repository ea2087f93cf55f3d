-- claim_run.sql: gives run $1 to worker $2 under a higher epoch, with place $3 of its concurrency key unless it has one.
UPDATE runs SET state = 'running', worker = $2::uuid, epoch = epoch + 1, claimed_at = clock_timestamp(),
    key_place = coalesce(key_place, $3)
WHERE id = $1 RETURNING epoch
