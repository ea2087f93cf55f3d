-- What the market did around each execution, for reports that are made later from the database alone.

CREATE TABLE market_tapes (
    parent text PRIMARY KEY,
    run text NOT NULL REFERENCES runs,
    -- JSON as it was given: a few kilobytes, never searched.
    tape json NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX market_tapes_of_run ON market_tapes (run);
