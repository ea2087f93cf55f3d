-- 0034_notice_lost_commits.sql: a database that lost commits it had confirmed, as one does that fails over to an
-- asynchronous standby, must not go on with an engine that remembers them: its books would never agree again.

-- As before; and SX003 when batch `the_previous`, which this one follows, is not there. Programs of the version before
-- call the function of the same name that knows no previous batch.
CREATE FUNCTION begin_engine_batch(
    the_account text, the_epoch bigint, the_sequence bigint, the_worker uuid, the_clock_ns bigint, the_previous bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A process that stops in the middle of a batch must not hold up a takeover for ever.
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true),
        set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true);
    INSERT INTO engine_batches (account, epoch, sequence, clock_ns)
    VALUES (the_account, the_epoch, the_sequence, the_clock_ns)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'batch %/%/% is committed', the_account, the_epoch, the_sequence USING ERRCODE = 'SX002';
    END IF;
    PERFORM FROM account_engines
    WHERE account = the_account AND epoch = the_epoch AND worker = the_worker FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % was taken over after epoch %', the_account, the_epoch USING ERRCODE = 'SX001';
    END IF;
    -- Its row may have been pruned: what comes after it was committed after it.
    PERFORM FROM engine_batches
    WHERE account = the_account AND epoch = the_epoch AND sequence > the_sequence LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'batch %/%/% is committed', the_account, the_epoch, the_sequence USING ERRCODE = 'SX002';
    END IF;
    -- Pruning below leaves the newest, which is the one that the next follows.
    IF the_previous IS NOT NULL THEN
        PERFORM FROM engine_batches
        WHERE account = the_account AND epoch = the_epoch AND sequence = the_previous;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'batch %/%/% is gone', the_account, the_epoch, the_previous USING ERRCODE = 'SX003';
        END IF;
    END IF;
    -- Every 64th, so that pruning costs next to nothing.
    IF the_sequence % 64 = 0 THEN
        DELETE FROM engine_batches
        WHERE account = the_account AND epoch = the_epoch AND sequence < the_sequence;
    END IF;
END $$;
