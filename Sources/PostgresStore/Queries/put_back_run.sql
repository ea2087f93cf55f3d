-- put_back_run.sql: makes run $1 of epoch $2 ready again after $3 seconds; $4 when it was worked in vain.
UPDATE runs SET state = 'ready', worker = NULL, claim_after = clock_timestamp() + make_interval(secs => $3),
    failures = CASE WHEN $4::boolean THEN failures + 1 ELSE 0 END
WHERE id = $1 AND epoch = $2 AND state = 'running'
