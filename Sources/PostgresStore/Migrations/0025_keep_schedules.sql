-- Workflows that were applied, when their schedules fire, and what became of each time.

CREATE TABLE applied_workflows (
    workflow text PRIMARY KEY,
    definition_hash text NOT NULL,
    -- The definition with its children: keys sorted, comments and layout gone. Its texts are in workflow_definitions.
    canonical json NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by text NOT NULL CHECK (applied_by ~ '\S')
);

CREATE TABLE schedules (
    workflow text NOT NULL,
    id text NOT NULL,
    definition_hash text NOT NULL,
    -- When it fires and by which rules, in words.
    terms text NOT NULL,
    -- The configured account of its runs; NULL for the one that serves when none is named.
    account text,
    -- Every time up to here is dealt with: business time, by the database's clock.
    seen_until_ns bigint NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    paused_at timestamptz,
    paused_by text CHECK (paused_by ~ '\S'),
    removed_at timestamptz,
    PRIMARY KEY (workflow, id),
    CHECK ((paused_at IS NULL) = (paused_by IS NULL))
) WITH (fillfactor = 70);

-- One row per time of a schedule, or for several in a row that came to the same: the newest of them is the key.
CREATE TABLE schedule_ticks (
    workflow text NOT NULL,
    schedule text NOT NULL,
    -- Business times.
    due_at_ns bigint NOT NULL,
    due_at timestamptz GENERATED ALWAYS AS (to_timestamp(due_at_ns / 1e9)) STORED,
    first_due_at_ns bigint NOT NULL,
    times bigint NOT NULL CHECK (times > 0),
    outcome text NOT NULL CHECK (outcome IN ('started', 'missed', 'overlapped', 'paused', 'refused')),
    run text REFERENCES runs,
    reason text NOT NULL,
    definition_hash text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workflow, schedule, due_at_ns),
    CHECK (first_due_at_ns <= due_at_ns),
    CHECK ((outcome = 'started') = (run IS NOT NULL))
);
CREATE UNIQUE INDEX schedule_ticks_by_run ON schedule_ticks (run) WHERE run IS NOT NULL;
