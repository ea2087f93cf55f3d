-- The kill switch, and what a person should see. A halt is active until it has an end.

CREATE TABLE halts (
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    id text PRIMARY KEY,
    -- NULL halts every account.
    account text,
    reason text NOT NULL CHECK (reason ~ '\S'),
    activated_by text NOT NULL CHECK (activated_by ~ '\S'),
    since_ns bigint NOT NULL,
    activated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE halt_ends (
    halt text PRIMARY KEY REFERENCES halts,
    reason text NOT NULL CHECK (reason ~ '\S'),
    deactivated_by text NOT NULL CHECK (deactivated_by ~ '\S'),
    deactivated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The halt in force for an account: the one over all accounts before its own, the oldest first.
CREATE FUNCTION active_halts(the_account text)
RETURNS TABLE (id text, reason text, activated_by text, since_ns bigint) LANGUAGE sql STABLE AS $$
    SELECT halts.id, halts.reason, halts.activated_by, halts.since_ns FROM halts
    WHERE (halts.account IS NULL OR halts.account = the_account)
        AND NOT EXISTS (SELECT FROM halt_ends WHERE halt_ends.halt = halts.id)
    ORDER BY halts.account NULLS FIRST, halts.number LIMIT 1
$$;

CREATE TABLE alerts (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    parent text,
    code text NOT NULL,
    message text NOT NULL,
    at_ns bigint NOT NULL,
    at timestamptz GENERATED ALWAYS AS (to_timestamp(at_ns / 1e9)) STORED,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX alerts_of_account ON alerts (account, number);
