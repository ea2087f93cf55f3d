-- Who works here, and who owns which account. PostgreSQL is the only coordinator; all times are the database's.

-- One row per incarnation of a process. Only its heartbeat updates it, so no fence ever waits for a heartbeat.
CREATE TABLE workers (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    boot_id text NOT NULL,
    pid integer NOT NULL CHECK (pid > 0),
    -- Start of the process in ticks since boot: tells it from a later process with the same number.
    process_start text NOT NULL,
    program text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease_until timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= started_at)
) WITH (fillfactor = 70);

-- The fence: batches share-lock this row, and only a takeover or a release updates it.
CREATE TABLE account_engines (
    account text PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    worker uuid REFERENCES workers,
    incarnation text,
    acquired_at timestamptz,
    CHECK ((worker IS NULL) = (incarnation IS NULL)),
    CHECK ((worker IS NULL) = (acquired_at IS NULL))
);

-- Every lease there ever was. An incarnation is never drawn twice for an account, except the constant of virtual time.
CREATE TABLE engine_leases (
    account text NOT NULL REFERENCES account_engines,
    epoch bigint NOT NULL CHECK (epoch > 0),
    worker uuid NOT NULL REFERENCES workers,
    incarnation text NOT NULL,
    acquired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, epoch)
);

-- One row per committed batch, so that a batch whose COMMIT was lost can be sent again; pruned but for the newest.
CREATE TABLE engine_batches (
    account text NOT NULL,
    epoch bigint NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    -- Business time at the end of the batch.
    clock_ns bigint NOT NULL,
    -- The halt under which intents of this batch were refused.
    refused_by text,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, epoch, sequence)
);

-- Begins a batch: SX002 when it is committed already, SX001 when the account was taken over.
-- The INSERT waits for a transaction in flight with the same key, which no SELECT would do.
CREATE FUNCTION begin_engine_batch(
    the_account text, the_epoch bigint, the_sequence bigint, the_worker uuid, the_clock_ns bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A process that stops in the middle of a batch must not hold up a takeover for ever.
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true);
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
    -- Every 64th, so that pruning costs next to nothing.
    IF the_sequence % 64 = 0 THEN
        DELETE FROM engine_batches
        WHERE account = the_account AND epoch = the_epoch AND sequence < the_sequence;
    END IF;
END $$;

-- Makes the partitions of this month and of `months` more for every table that grows with time; what exists stays.
-- A month whose rows are in the DEFAULT partition already stays there.
CREATE FUNCTION make_partitions(months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    parent record;
    first date;
    made integer := 0;
BEGIN
    FOR parent IN
        SELECT relation.relname AS name FROM pg_partitioned_table AS partitioned
        JOIN pg_class AS relation ON relation.oid = partitioned.partrelid
        WHERE relation.relnamespace = current_schema()::regnamespace ORDER BY relation.relname
    LOOP
        FOR ahead IN 0..months LOOP
            first := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + make_interval(months => ahead);
            CONTINUE WHEN to_regclass(parent.name || to_char(first, '_YYYY_MM')) IS NOT NULL;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    parent.name || to_char(first, '_YYYY_MM'), parent.name,
                    first::text || ' 00:00:00+00', (first + interval '1 month')::date::text || ' 00:00:00+00'
                );
                made := made + 1;
            EXCEPTION WHEN check_violation THEN NULL;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
