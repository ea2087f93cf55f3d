-- Safe mode (an account that may only reduce), and alerts that say how soon a person is needed and who has seen them.

CREATE TABLE safe_modes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- A configured name covers every book under it, as halts do.
    account text NOT NULL,
    code text NOT NULL CHECK (code ~ '\S'),
    reason text NOT NULL CHECK (reason ~ '\S'),
    entered_by text NOT NULL CHECK (entered_by ~ '\S'),
    since_ns bigint NOT NULL,
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    left_by text CHECK (left_by ~ '\S'),
    left_reason text CHECK (left_reason ~ '\S'),
    left_at timestamptz,
    CHECK ((left_at IS NULL) = (left_by IS NULL) AND (left_at IS NULL) = (left_reason IS NULL))
);
-- One at a time: the first reason stands.
CREATE UNIQUE INDEX safe_modes_in_force ON safe_modes (account) WHERE left_at IS NULL;

-- The safe mode in force for an account, the oldest first.
CREATE FUNCTION active_safe_modes(the_account text)
RETURNS TABLE (code text, reason text, entered_by text, since_ns bigint) LANGUAGE sql STABLE AS $$
    SELECT code, reason, entered_by, since_ns FROM safe_modes
    WHERE left_at IS NULL AND account IN (the_account, split_part(the_account, '@', 1))
    ORDER BY number LIMIT 1
$$;

ALTER TABLE alerts ADD COLUMN level text NOT NULL DEFAULT 'warning' CHECK (level IN ('info', 'warning', 'critical'));

CREATE TABLE alert_acknowledgements (
    alert bigint PRIMARY KEY REFERENCES alerts,
    acknowledged_by text NOT NULL CHECK (acknowledged_by ~ '\S'),
    note text,
    acknowledged_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
