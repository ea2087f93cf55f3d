-- How accounts stand with their venues (I13): the state that guards intents, what comparisons found, and who asked for one.

-- Written by the account's engine with its batches; an account without a row need not be reconciled.
CREATE TABLE account_reconciliations (
    account text PRIMARY KEY REFERENCES account_engines,
    is_reconciled boolean NOT NULL,
    -- Why it is not, or what made it so.
    reason text NOT NULL,
    -- Business time.
    since_ns bigint NOT NULL,
    -- The venue's clock up to which every trade is known to be booked.
    through_ns bigint,
    checked_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- Comparisons that found or changed something.
CREATE TABLE reconciliations (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    epoch bigint NOT NULL,
    cause text NOT NULL CHECK (cause IN ('start', 'reconnect', 'interval', 'asked', 'halt')),
    at_ns bigint NOT NULL,
    -- NULL when the venue could not be asked.
    venue_time_ns bigint,
    is_reconciled boolean NOT NULL,
    reason text NOT NULL,
    open_orders integer NOT NULL CHECK (open_orders >= 0),
    fills integer NOT NULL CHECK (fills >= 0),
    -- Each difference with what was done about it.
    findings json NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX reconciliations_of_account ON reconciliations (account, number);

CREATE TABLE reconciliation_requests (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL REFERENCES account_engines,
    -- Whether the venue's positions and balances are to be taken for ours where they differ.
    adopts boolean NOT NULL,
    reason text NOT NULL CHECK (reason ~ '\S'),
    requested_by text NOT NULL CHECK (requested_by ~ '\S'),
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at timestamptz
);
CREATE INDEX reconciliation_requests_pending ON reconciliation_requests (account) WHERE taken_at IS NULL;
