-- What the learned router goes by, with the time of learning: a row each time, and a row for each cell of its table.

CREATE TABLE learned_routes (
    account text NOT NULL,
    -- Business time.
    learned_at_ns bigint NOT NULL,
    learned_at timestamptz GENERATED ALWAYS AS (to_timestamp(learned_at_ns / 1e9)) STORED,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, learned_at_ns)
);

CREATE TABLE learned_route_cells (
    account text NOT NULL,
    learned_at_ns bigint NOT NULL,
    market_state text NOT NULL,
    size_bucket text NOT NULL,
    algorithm text NOT NULL,
    samples integer NOT NULL CHECK (samples > 0),
    -- Means over the samples: a fraction, and basis points of the arrival price.
    fill_rate double precision NOT NULL,
    slippage_bps double precision NOT NULL,
    cost_bps double precision NOT NULL,
    PRIMARY KEY (account, learned_at_ns, market_state, size_bucket, algorithm),
    FOREIGN KEY (account, learned_at_ns) REFERENCES learned_routes
);
