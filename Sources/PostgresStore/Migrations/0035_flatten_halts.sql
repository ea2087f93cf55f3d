-- A halt may close what its accounts hold, once nothing else of them can trade any more; also when that is asked for later.

CREATE TABLE halt_flattens (
    halt text PRIMARY KEY REFERENCES halts,
    asked_by text NOT NULL CHECK (asked_by ~ '\S'),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

ALTER TABLE halt_steps DROP CONSTRAINT halt_steps_kind_check,
    ADD CONSTRAINT halt_steps_kind_check
        CHECK (kind IN ('acknowledged', 'cancelled', 'armed', 'polled', 'proven', 'flattening', 'flat', 'unflattened'));

ALTER TABLE halt_drills ADD COLUMN flat_seconds double precision;

-- The halt in force for an account, as before, and whether any that is in force asks for its positions to be closed.
DROP FUNCTION active_halts(text);
CREATE FUNCTION active_halts(the_account text)
RETURNS TABLE (id text, reason text, activated_by text, since_ns bigint, flattens boolean) LANGUAGE sql STABLE AS $$
    SELECT halts.id, halts.reason, halts.activated_by, halts.since_ns, bool_or(halt_flattens.halt IS NOT NULL) OVER ()
    FROM halts LEFT JOIN halt_flattens ON halt_flattens.halt = halts.id
    WHERE (halts.account IS NULL OR halts.account IN (the_account, split_part(the_account, '@', 1)))
        AND NOT EXISTS (SELECT FROM halt_ends WHERE halt_ends.halt = halts.id)
    ORDER BY halts.account NULLS FIRST, halts.number LIMIT 1
$$;
