-- Runs that wait for a worker, and workers that take them.

ALTER TABLE runs
    -- Not before; NULL for at once.
    ADD COLUMN claim_after timestamptz,
    -- How often in a row it was worked in vain.
    ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0);

-- Accounts whose runs the worker claims, by full or configured name, `*` for all; NULL claims none, as a command does.
ALTER TABLE workers ADD COLUMN serves text[];
CREATE INDEX workers_open ON workers (lease_until) WHERE ended_at IS NULL;

-- Holds an account for a worker to the end of the transaction: SX001 when another has taken it, or nobody has it any more.
-- An account that nobody ever took is anybody's.
CREATE FUNCTION fence_account(the_account text, the_worker uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    engine record;
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true);
    SELECT worker, epoch INTO engine FROM account_engines WHERE account = the_account FOR SHARE;
    IF FOUND AND engine.epoch > 0 AND engine.worker IS DISTINCT FROM the_worker THEN
        RAISE EXCEPTION 'account % was taken over', the_account USING ERRCODE = 'SX001';
    END IF;
END $$;
