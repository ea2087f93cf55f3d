-- Questions to agents that any worker may ask in place of the one that holds the run.

-- A row lives from when its run's holder has more questions than places until it has the answer. Written by the holder,
-- except for who asks and the answer.
CREATE TABLE agent_errands (
    number bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    run text NOT NULL,
    -- The run's: under another one the row counts no more.
    epoch bigint NOT NULL,
    account text NOT NULL,
    path text NOT NULL,
    agent text NOT NULL,
    fingerprint text NOT NULL,
    timeout_ms bigint NOT NULL CHECK (timeout_ms > 0),
    -- JSON as it was given.
    request json NOT NULL,
    -- Who asks. The claim rises each time, so that nobody answers who had it before.
    worker uuid REFERENCES workers,
    claim bigint NOT NULL DEFAULT 0,
    taken_at timestamptz,
    answer json,
    CHECK ((worker IS NULL) = (taken_at IS NULL)),
    CHECK (answer IS NULL OR worker IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
CREATE INDEX agent_errands_open ON agent_errands (number) WHERE worker IS NULL;

-- The worker that asked the agent; NULL when that was the one that held the run.
ALTER TABLE decisions ADD COLUMN asked_by uuid;
