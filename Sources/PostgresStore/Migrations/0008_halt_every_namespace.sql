-- A halt of account `paper` covers every book under that name: simulated markets keep theirs in namespaces such as
-- `paper@generated-7`. One over all accounts comes before it, and one of the whole id after it.

CREATE OR REPLACE FUNCTION active_halts(the_account text)
RETURNS TABLE (id text, reason text, activated_by text, since_ns bigint) LANGUAGE sql STABLE AS $$
    SELECT halts.id, halts.reason, halts.activated_by, halts.since_ns FROM halts
    WHERE (halts.account IS NULL OR halts.account IN (the_account, split_part(the_account, '@', 1)))
        AND NOT EXISTS (SELECT FROM halt_ends WHERE halt_ends.halt = halts.id)
    ORDER BY halts.account NULLS FIRST, halts.number LIMIT 1
$$;
