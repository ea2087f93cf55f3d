-- Runs that are to start nothing more and cancel what is open; the first request stands.

CREATE TABLE run_cancellations (
    run text PRIMARY KEY REFERENCES runs,
    reason text NOT NULL,
    requested_by text NOT NULL CHECK (requested_by ~ '\S'),
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
