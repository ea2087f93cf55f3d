-- What engines do about halts, up to the proof that nothing of an account can trade any more. Facts, never changed.

CREATE TABLE halt_steps (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    halt text NOT NULL REFERENCES halts,
    account text NOT NULL,
    epoch bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('acknowledged', 'cancelled', 'armed', 'polled', 'proven')),
    -- Business time; the venue's is its own.
    at_ns bigint NOT NULL,
    venue_time_ns bigint,
    open_orders integer NOT NULL CHECK (open_orders >= 0),
    unproven integer NOT NULL CHECK (unproven >= 0),
    note text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX halt_steps_of_halt ON halt_steps (halt, account, number);

-- Rehearsals on paper, with the seconds by the wall clock from the word to the proof.
CREATE TABLE halt_drills (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    halt text NOT NULL,
    account text NOT NULL,
    engines integer NOT NULL CHECK (engines > 0),
    orders integer NOT NULL CHECK (orders >= 0),
    halted_seconds double precision NOT NULL,
    proven_seconds double precision,
    drilled_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
