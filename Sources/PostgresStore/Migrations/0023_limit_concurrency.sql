-- Limits over all workers: places of concurrency keys, slots of pools, and turns of pools with a rate.

-- A run holds its place from when it gets one until it has ended, whoever works it meanwhile: no end of a process leaks one.
ALTER TABLE runs
    ADD COLUMN key text,
    ADD COLUMN key_limit integer CHECK (key_limit > 0),
    ADD COLUMN key_place integer CHECK (key_place BETWEEN 1 AND key_limit),
    ADD CHECK ((key IS NULL) = (key_limit IS NULL)),
    ADD CHECK (key IS NOT NULL OR key_place IS NULL);
CREATE UNIQUE INDEX runs_key_places ON runs (account, workflow, key, key_place)
    WHERE key_place IS NOT NULL AND state <> 'finished';
CREATE INDEX runs_of_key ON runs (account, workflow, key) WHERE key IS NOT NULL AND state <> 'finished';

CREATE TABLE pools (
    name text PRIMARY KEY,
    -- When the next step may begin, by the pool's rate.
    next_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- As many rows as the largest configured size. A slot is held only while its run is running at that epoch.
CREATE TABLE slots (
    pool text NOT NULL,
    place integer NOT NULL CHECK (place > 0),
    run text,
    epoch bigint,
    path text,
    taken_at timestamptz,
    PRIMARY KEY (pool, place),
    CHECK ((run IS NULL) = (epoch IS NULL) AND (run IS NULL) = (path IS NULL) AND (run IS NULL) = (taken_at IS NULL))
) WITH (fillfactor = 50);

-- Whether a slot that run and epoch took is free: nobody who is alive works the run at that epoch.
CREATE FUNCTION is_slot_free(the_run text, the_epoch bigint) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT the_run IS NULL OR NOT EXISTS (
        SELECT FROM runs AS run JOIN workers AS worker ON worker.id = run.worker
        WHERE run.id = the_run AND run.epoch = the_epoch AND run.state = 'running'
            AND worker.ended_at IS NULL AND worker.lease_until > clock_timestamp()
    )
$$;

-- Takes one of the first `the_size` slots of a pool for a step, and tells its place; NULL when none is free, SX003 when
-- another worker has claimed the run since. A step that holds one already keeps it.
CREATE FUNCTION take_slot(
    the_pool text, the_size integer, the_run text, the_epoch bigint, the_path text
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    found_place integer;
    tried integer[] := '{}';
BEGIN
    PERFORM fence_run(the_run, the_epoch);
    SELECT place INTO found_place FROM slots
    WHERE pool = the_pool AND run = the_run AND epoch = the_epoch AND path = the_path;
    IF FOUND THEN RETURN found_place; END IF;
    LOOP
        SELECT slot.place INTO found_place FROM slots AS slot
        WHERE slot.pool = the_pool AND slot.place <= the_size AND slot.place <> ALL (tried)
            AND is_slot_free(slot.run, slot.epoch)
        ORDER BY slot.place LIMIT 1 FOR UPDATE OF slot SKIP LOCKED;
        IF NOT FOUND THEN RETURN NULL; END IF;
        -- Locked now: looked at again by a statement that sees what was committed until then.
        UPDATE slots AS slot SET run = the_run, epoch = the_epoch, path = the_path, taken_at = clock_timestamp()
        WHERE slot.pool = the_pool AND slot.place = found_place AND is_slot_free(slot.run, slot.epoch);
        IF FOUND THEN RETURN found_place; END IF;
        tried := tried || found_place;
    END LOOP;
END $$;
