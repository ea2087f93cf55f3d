-- What runs ask people, and who answered: one row for each plan that a step asked about.

CREATE TABLE approval_requests (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL REFERENCES runs,
    step_path text NOT NULL,
    account text NOT NULL,
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    -- As it was hashed, field by field; hence json and not jsonb.
    plan json NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'rejected', 'expired', 'superseded')),
    on_timeout text NOT NULL CHECK (on_timeout IN ('reject', 'approve')),
    asked_ns bigint NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    decided_by text CHECK (decided_by ~ '\S'),
    decided_how text CHECK (decided_how ~ '\S'),
    decided_at timestamptz,
    note text,
    UNIQUE (run, step_path, digest),
    CHECK ((state IN ('approved', 'rejected', 'expired')) = (decided_at IS NOT NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (decided_how IS NULL))
);
-- A step asks about one plan at a time.
CREATE UNIQUE INDEX approval_requests_pending ON approval_requests (run, step_path) WHERE state = 'pending';
CREATE INDEX approval_requests_overdue ON approval_requests (expires_at) WHERE state = 'pending';

-- Ends what nobody has answered in time: of one run, or of all. What it says of a run that nobody holds makes it ready.
CREATE FUNCTION end_overdue_approvals(the_run text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    ended bigint;
BEGIN
    -- Runs first, as whoever answers: nobody parks a run between the answer and its waking.
    PERFORM FROM runs WHERE id IN (
        SELECT run FROM approval_requests WHERE state = 'pending' AND expires_at <= clock_timestamp()
            AND (the_run IS NULL OR run = the_run)
    ) ORDER BY id FOR NO KEY UPDATE;
    WITH over AS (
        UPDATE approval_requests SET
            state = CASE on_timeout WHEN 'approve' THEN 'approved' ELSE 'expired' END,
            decided_by = 'timeout', decided_how = 'timeout', decided_at = clock_timestamp()
        WHERE state = 'pending' AND expires_at <= clock_timestamp() AND (the_run IS NULL OR run = the_run)
        RETURNING run, step_path, account, digest, state, asked_ns
    ), told AS (
        INSERT INTO alerts (account, code, message, at_ns, level)
        SELECT account, 'approval_' || state, 'Nobody answered what run ' || run || ', step ' || step_path
            || ', asked (plan ' || left(digest, 12) || '): it counts as ' || state || '.', asked_ns, 'warning'
        FROM over
    ), woken AS (
        UPDATE runs SET state = 'ready' WHERE state = 'waiting' AND id IN (SELECT run FROM over)
    )
    SELECT count(*) INTO ended FROM over;
    RETURN ended;
END $$;
