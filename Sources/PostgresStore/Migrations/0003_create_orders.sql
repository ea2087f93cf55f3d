-- Orders: what was asked (parent_orders), what was sent (intents, child_orders), what happened (order_events).

CREATE TYPE parent_state AS ENUM (
    'submitted', 'working', 'paused', 'closing', 'filled', 'partially_filled', 'unfilled', 'cancelled', 'refused'
);
CREATE TYPE child_life AS ENUM (
    'planned', 'sent', 'acknowledged', 'partially_filled', 'filled', 'cancelled', 'rejected', 'expired', 'not_placed',
    'unknown'
);
CREATE TYPE outstanding_request AS ENUM ('none', 'cancel_pending', 'replace_pending');
CREATE TYPE order_side AS ENUM ('BUY', 'SELL');

CREATE TABLE parent_orders (
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    id text PRIMARY KEY,
    account text NOT NULL,
    run text,
    step_path text,
    decision text,
    symbol text NOT NULL,
    side order_side NOT NULL,
    -- As submitted; admission may make it smaller.
    quantity numeric NOT NULL CHECK (quantity > 0),
    filled numeric NOT NULL DEFAULT 0 CHECK (filled >= 0),
    urgency text NOT NULL,
    algorithm text,
    arrival_price numeric,
    state parent_state NOT NULL DEFAULT 'submitted',
    submitted_at_ns bigint NOT NULL,
    submitted_at timestamptz GENERATED ALWAYS AS (to_timestamp(submitted_at_ns / 1e9)) STORED,
    ended_at_ns bigint,
    ended_at timestamptz GENERATED ALWAYS AS (to_timestamp(ended_at_ns / 1e9)) STORED,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (run, step_path),
    CHECK ((run IS NULL) = (step_path IS NULL)),
    CHECK ((state IN ('filled', 'partially_filled', 'unfilled', 'cancelled', 'refused')) = (ended_at_ns IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX parent_orders_open ON parent_orders (account, number) WHERE ended_at_ns IS NULL;
CREATE INDEX parent_orders_of_account ON parent_orders (account, number);

CREATE TABLE parent_bodies (
    parent text PRIMARY KEY REFERENCES parent_orders,
    submission jsonb NOT NULL,
    -- Written once, with the reservation, in the transaction that makes the parent live.
    admission jsonb,
    result jsonb
);

-- The algorithm's last committed state; apart, since every batch may rewrite it.
CREATE TABLE parent_snapshots (
    parent text PRIMARY KEY,
    kind text NOT NULL,
    version integer NOT NULL,
    state json NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE parent_commands (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent text NOT NULL REFERENCES parent_orders,
    account text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('cancel', 'pause', 'resume')),
    reason text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The batch that took it.
    taken_epoch bigint,
    taken_sequence bigint,
    CHECK ((taken_epoch IS NULL) = (taken_sequence IS NULL))
);
CREATE INDEX parent_commands_pending ON parent_commands (account) WHERE taken_epoch IS NULL;
CREATE INDEX parent_commands_taken ON parent_commands (account, taken_epoch, taken_sequence);

-- A committed intent may be sent, once; nothing is sent without one.
CREATE TABLE intents (
    client_order_id text PRIMARY KEY,
    account text NOT NULL,
    parent text NOT NULL,
    epoch bigint NOT NULL,
    sequence bigint NOT NULL,
    request_time_ns bigint NOT NULL,
    valid_for_ns bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE child_orders (
    id text PRIMARY KEY REFERENCES intents,
    number bigint GENERATED ALWAYS AS IDENTITY,
    parent text NOT NULL REFERENCES parent_orders,
    account text NOT NULL,
    symbol text NOT NULL,
    side order_side NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),
    type text NOT NULL CHECK (type IN ('MARKET', 'LIMIT')),
    limit_price numeric CHECK ((limit_price IS NULL) = (type = 'MARKET')),
    time_in_force text NOT NULL,
    slice integer NOT NULL,
    life child_life NOT NULL DEFAULT 'planned',
    outstanding outstanding_request NOT NULL DEFAULT 'none',
    filled numeric NOT NULL DEFAULT 0 CHECK (filled >= 0),
    request_time_ns bigint NOT NULL,
    valid_for_ns bigint NOT NULL,
    broker_order_id text,
    -- Why it ended or is in doubt, in the venue's words.
    reason text
) WITH (fillfactor = 70);
CREATE INDEX child_orders_of_parent ON child_orders (parent, number);
CREATE INDEX child_orders_of_account ON child_orders (account);

CREATE TABLE order_events (
    parent text NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    account text NOT NULL,
    at_ns bigint NOT NULL,
    at timestamptz GENERATED ALWAYS AS (to_timestamp(at_ns / 1e9)) STORED,
    kind text NOT NULL,
    client_order_id text,
    event jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (recorded_at);
CREATE TABLE order_events_default PARTITION OF order_events DEFAULT;
CREATE INDEX order_events_of_parent ON order_events (parent, sequence);

CREATE TABLE order_event_keys (
    parent text NOT NULL,
    sequence integer NOT NULL,
    PRIMARY KEY (parent, sequence)
);
