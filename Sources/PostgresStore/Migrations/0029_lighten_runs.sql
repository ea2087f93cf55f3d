-- Less to write per run and step, and a cleaner that keeps up with the rows that change most.

-- A path is done once: that is `step_done`'s to keep. Its number finds the step, at eight bytes that only grow instead of
-- a second copy of run and path.
ALTER TABLE step_runs DROP CONSTRAINT step_runs_pkey;
CREATE INDEX step_runs_numbers ON step_runs (number);

-- A body is inserted by the statement that inserts its run.
ALTER TABLE run_bodies DROP CONSTRAINT run_bodies_run_fkey;

-- As before; and no plan looks for the run in the index of running runs, which holds every run that has ended since it was
-- last cleaned.
CREATE OR REPLACE FUNCTION fence_run(the_run text, the_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true);
    PERFORM FROM runs WHERE id = the_run AND epoch = the_epoch AND state::text = 'running' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % was taken over after epoch %', the_run, the_epoch USING ERRCODE = 'SX003';
    END IF;
END $$;

-- A run's row changes when it is claimed and when it ends, its body when it ends: room beside it keeps the new one there.
ALTER TABLE run_bodies SET (fillfactor = 70);

-- The defaults wait for a fifth of a table, which for one that only grows is later every time.
ALTER TABLE runs SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE run_bodies SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE decision_keys SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE parent_orders SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE parent_bodies SET (autovacuum_vacuum_scale_factor = 0.02);
-- A handful of rows, changed all the time.
ALTER TABLE workers SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
ALTER TABLE account_engines SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
