-- Runs of workflows: a narrow hot row each, with texts and facts apart.

CREATE TYPE run_state AS ENUM ('ready', 'running', 'waiting', 'finished');

CREATE TABLE workflow_definitions (
    hash text NOT NULL,
    name text NOT NULL,
    source text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hash, name)
);

CREATE TABLE runs (
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    id text PRIMARY KEY,
    workflow text NOT NULL,
    definition_hash text NOT NULL,
    state run_state NOT NULL DEFAULT 'ready',
    status text,
    account text NOT NULL,
    environment text NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    worker uuid REFERENCES workers,
    seed numeric(20) NOT NULL CHECK (seed >= 0),
    -- Business times; created_at, claimed_at and finished_at are the database's.
    started_at_ns bigint NOT NULL,
    started_at timestamptz GENERATED ALWAYS AS (to_timestamp(started_at_ns / 1e9)) STORED,
    ended_at_ns bigint,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_at timestamptz,
    finished_at timestamptz,
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK (worker IS NULL OR claimed_at IS NOT NULL),
    CHECK ((state = 'finished') = (ended_at_ns IS NOT NULL)),
    CHECK ((state = 'finished') = (status IS NOT NULL)),
    CHECK ((state = 'finished') = (finished_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX runs_ready ON runs (number) WHERE state = 'ready';
CREATE INDEX runs_running ON runs (worker) WHERE state = 'running';
CREATE INDEX runs_waiting ON runs (number) WHERE state = 'waiting';

-- JSON as it was given, character by character: hence json and not jsonb.
CREATE TABLE run_bodies (
    run text PRIMARY KEY REFERENCES runs,
    inputs json NOT NULL,
    launch json NOT NULL,
    report json
);

CREATE TABLE step_runs (
    number bigint NOT NULL,
    run text NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL DEFAULT 1 CHECK (attempt > 0),
    uses text NOT NULL,
    effect text NOT NULL,
    outcome json NOT NULL,
    started_at_ns bigint NOT NULL,
    done_at_ns bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run, path, attempt, recorded_at),
    CHECK (done_at_ns >= started_at_ns)
) PARTITION BY RANGE (recorded_at);
CREATE TABLE step_runs_default PARTITION OF step_runs DEFAULT;

CREATE TABLE step_done (
    run text NOT NULL,
    path text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (run, path)
);

-- Holds a run for the rest of the transaction: SX003 when another worker has claimed it since.
CREATE FUNCTION fence_run(the_run text, the_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true);
    PERFORM FROM runs WHERE id = the_run AND epoch = the_epoch AND state = 'running' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % was taken over after epoch %', the_run, the_epoch USING ERRCODE = 'SX003';
    END IF;
END $$;

-- What an agent decided, by the step that asked it first.
CREATE TABLE decisions (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    agent text NOT NULL,
    key text NOT NULL,
    decision text NOT NULL,
    economic_hash text NOT NULL,
    symbol text,
    kind text NOT NULL,
    envelope json NOT NULL,
    -- Words of agents: any text at all.
    request text NOT NULL,
    reply text NOT NULL,
    log text NOT NULL,
    breaker_open boolean NOT NULL,
    run text NOT NULL,
    step_path text NOT NULL,
    decided_at_ns bigint NOT NULL,
    decided_at timestamptz GENERATED ALWAYS AS (to_timestamp(decided_at_ns / 1e9)) STORED,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (run, step_path)
);
CREATE INDEX decisions_by_id ON decisions (decision);

-- One decision executes at most once (I12).
CREATE TABLE decision_keys (
    account text NOT NULL,
    agent text NOT NULL,
    key text NOT NULL,
    economic_hash text NOT NULL,
    decision text NOT NULL,
    first_run text NOT NULL,
    first_step text NOT NULL,
    outcome text,
    PRIMARY KEY (account, agent, key)
);

-- Sets of orders that passed risk.check.
CREATE TABLE approvals (
    digest text NOT NULL,
    run text NOT NULL,
    step_path text NOT NULL,
    orders jsonb NOT NULL,
    expires_at_ns bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (digest, run, step_path)
);
