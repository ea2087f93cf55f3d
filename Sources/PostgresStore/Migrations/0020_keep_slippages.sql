-- What finished parents' slippage was, so that the limit that learns from it is the same after a restart.

CREATE TABLE slippage_records (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    parent text NOT NULL UNIQUE REFERENCES parent_orders,
    at_ns bigint NOT NULL,
    at timestamptz GENERATED ALWAYS AS (to_timestamp(at_ns / 1e9)) STORED,
    -- Fractions of the price that was expected; positive is worse.
    slippage double precision NOT NULL CHECK (slippage > '-Infinity' AND slippage < 'Infinity'),
    -- The account's limit after it.
    slippage_limit double precision NOT NULL CHECK (slippage_limit > 0 AND slippage_limit < 'Infinity'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX slippage_records_of_account ON slippage_records (account, number);
