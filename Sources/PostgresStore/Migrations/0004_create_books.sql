-- The books: fills and ledger entries are facts; positions are their cached fold, which `verify` rebuilds and compares.

CREATE TABLE fills (
    number bigint GENERATED ALWAYS AS IDENTITY,
    account text NOT NULL,
    run text,
    parent_order text,
    client_order_id text NOT NULL,
    symbol text NOT NULL,
    trade_id text NOT NULL,
    side order_side NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),
    price numeric NOT NULL,
    -- The booked amounts, rounded once; every sum uses them.
    notional numeric NOT NULL,
    commission numeric NOT NULL,
    currency text NOT NULL,
    traded_at_ns bigint NOT NULL,
    traded_at timestamptz GENERATED ALWAYS AS (to_timestamp(traded_at_ns / 1e9)) STORED,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (recorded_at);
CREATE TABLE fills_default PARTITION OF fills DEFAULT;
CREATE INDEX fills_of_parent ON fills (parent_order);
CREATE INDEX fills_of_run ON fills (run);
CREATE INDEX fills_of_account ON fills (account, traded_at_ns);

CREATE TABLE fill_keys (
    account text NOT NULL,
    symbol text NOT NULL,
    trade_id text NOT NULL,
    PRIMARY KEY (account, symbol, trade_id)
);

CREATE TABLE ledger_entries (
    number bigint GENERATED ALWAYS AS IDENTITY,
    account text NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    symbol text,
    quantity numeric,
    notional numeric,
    cash_change numeric NOT NULL,
    commission numeric NOT NULL,
    currency text NOT NULL,
    note text,
    at_ns bigint NOT NULL,
    at timestamptz GENERATED ALWAYS AS (to_timestamp(at_ns / 1e9)) STORED,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((quantity IS NULL) = (notional IS NULL)),
    CHECK (quantity IS NULL OR symbol IS NOT NULL)
) PARTITION BY RANGE (recorded_at);
CREATE TABLE ledger_entries_default PARTITION OF ledger_entries DEFAULT;
CREATE INDEX ledger_entries_of_account ON ledger_entries (account, number);

-- An entry without a symbol has the empty text here.
CREATE TABLE ledger_keys (
    account text NOT NULL,
    kind text NOT NULL,
    symbol text NOT NULL,
    reference text NOT NULL,
    PRIMARY KEY (account, kind, symbol, reference)
);

CREATE TABLE positions (
    account text NOT NULL,
    symbol text NOT NULL,
    quantity numeric NOT NULL,
    cost_basis numeric NOT NULL,
    realized numeric NOT NULL,
    currency text NOT NULL,
    PRIMARY KEY (account, symbol)
) WITH (fillfactor = 70);

-- Taken when a parent is admitted, released when it is final; what is left of it follows from the parent's fills (I5).
CREATE TABLE reservations (
    parent text PRIMARY KEY REFERENCES parent_orders,
    account text NOT NULL,
    symbol text NOT NULL,
    side order_side NOT NULL,
    quantity numeric NOT NULL,
    notional numeric NOT NULL,
    cash numeric NOT NULL,
    currency text NOT NULL,
    released_at_ns bigint
);
CREATE INDEX reservations_held ON reservations (account) WHERE released_at_ns IS NULL;
