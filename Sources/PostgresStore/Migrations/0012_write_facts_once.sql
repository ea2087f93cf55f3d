-- What happened is written once: an order event used to cost rows in up to five tables, each with its indexes.

-- One row per parent and batch instead of one per event. Each line holds an event's number, its business time in
-- nanoseconds, its kind and its JSON, with tabs between them; `order_events` shows them one by one.
CREATE TABLE event_batches (
    parent text NOT NULL,
    -- Of the row's first event. That none is there twice is up to the index of each partition.
    sequence integer NOT NULL CHECK (sequence > 0),
    events text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (recorded_at);

DO $$
DECLARE
    old record;
    part text;
BEGIN
    FOR old IN
        SELECT relation.relname AS name, pg_get_expr(relation.relpartbound, relation.oid) AS bounds
        FROM pg_inherits JOIN pg_class AS relation ON relation.oid = inhrelid WHERE inhparent = 'order_events'::regclass
    LOOP
        part := replace(old.name, 'order_events', 'event_batches');
        EXECUTE format('CREATE TABLE %I PARTITION OF event_batches %s', part, old.bounds);
        EXECUTE format('CREATE UNIQUE INDEX %I ON %I (parent, sequence)', part || '_numbers', part);
    END LOOP;
END $$;

INSERT INTO event_batches (parent, sequence, events, recorded_at)
SELECT parent, sequence, format(E'%s\t%s\t%s\t%s\n', sequence, at_ns, kind, event), recorded_at FROM order_events;
DROP TABLE order_events;

CREATE VIEW order_events AS
SELECT batch.parent, split_part(line.text, E'\t', 1)::integer AS sequence, parent.account,
    split_part(line.text, E'\t', 2)::bigint AS at_ns, split_part(line.text, E'\t', 3) AS kind,
    split_part(line.text, E'\t', 4)::json #>> '{child,_0}' AS client_order_id,
    split_part(line.text, E'\t', 4)::json AS event, batch.recorded_at
FROM event_batches AS batch
LEFT JOIN parent_orders AS parent ON parent.id = batch.parent
CROSS JOIN LATERAL unnest(string_to_array(rtrim(batch.events, E'\n'), E'\n')) AS line (text);

-- An intent is its child order: whoever reads intents reads the child orders. A child's id begins with its parent's,
-- so one index finds both, given that it compares byte by byte.
DROP TABLE intents;
DROP INDEX child_orders_of_parent, child_orders_of_account;
ALTER TABLE child_orders DROP COLUMN number, ALTER COLUMN id TYPE text COLLATE "C";
CREATE VIEW intents AS
SELECT id AS client_order_id, account, parent, request_time_ns, valid_for_ns FROM child_orders;

CREATE FUNCTION children_of(the_parent text) RETURNS SETOF child_orders LANGUAGE sql STABLE AS $$
    -- The sign after `-` is `.`.
    SELECT * FROM child_orders WHERE id > 'sx-' || the_parent || '-' AND id < 'sx-' || the_parent || '.'
$$;

-- A fill is its own ledger entry: only what no fill tells has a row in `ledger_records`. One sequence numbers both.
CREATE SEQUENCE ledger_numbers;
SELECT setval('ledger_numbers', greatest(
    (SELECT max(number) FROM ledger_entries), (SELECT max(number) FROM fills), 0) + 1);
ALTER TABLE fills ALTER COLUMN number DROP IDENTITY, ADD COLUMN is_booked boolean NOT NULL DEFAULT true;
UPDATE fills SET number = coalesce((
        SELECT entry.number FROM ledger_entries AS entry WHERE entry.account = fills.account AND entry.kind = 'fill'
            AND entry.symbol = fills.symbol AND entry.reference = fills.trade_id
    ), nextval('ledger_numbers')), is_booked = EXISTS (
        SELECT FROM ledger_entries AS entry WHERE entry.account = fills.account AND entry.kind = 'fill'
            AND entry.symbol = fills.symbol AND entry.reference = fills.trade_id);
DELETE FROM ledger_entries AS entry USING fills WHERE entry.account = fills.account AND entry.kind = 'fill'
    AND entry.symbol = fills.symbol AND entry.reference = fills.trade_id;
DELETE FROM ledger_keys AS key USING fill_keys AS fill WHERE key.account = fill.account AND key.kind = 'fill'
    AND key.symbol = fill.symbol AND key.reference = fill.trade_id;
ALTER TABLE fills ALTER COLUMN number SET DEFAULT nextval('ledger_numbers'), ALTER COLUMN number SET NOT NULL;
DROP INDEX fills_of_run, fills_of_account;
-- A run's fills are those of its orders.
ALTER TABLE fills DROP COLUMN run, DROP COLUMN traded_at;
CREATE INDEX fills_of_account ON fills (account, number);

ALTER TABLE ledger_entries RENAME TO ledger_records;
ALTER INDEX ledger_entries_of_account RENAME TO ledger_records_of_account;
ALTER TABLE ledger_records ALTER COLUMN number DROP IDENTITY, DROP COLUMN at;
ALTER TABLE ledger_records ALTER COLUMN number SET DEFAULT nextval('ledger_numbers');
DO $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT relation.relname AS name FROM pg_inherits JOIN pg_class AS relation ON relation.oid = inhrelid
        WHERE inhparent = 'ledger_records'::regclass
    LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO %I', old.name, replace(old.name, 'ledger_entries', 'ledger_records'));
    END LOOP;
END $$;

CREATE VIEW ledger_entries AS
SELECT number, account, 'fill' AS kind, trade_id AS reference, symbol,
    CASE side WHEN 'BUY' THEN quantity ELSE -quantity END AS quantity,
    CASE side WHEN 'BUY' THEN notional ELSE -notional END AS notional,
    CASE side WHEN 'BUY' THEN -notional ELSE notional END - commission AS cash_change,
    commission, currency, NULL::text AS note, traded_at_ns AS at_ns, recorded_at
FROM fills WHERE is_booked
UNION ALL
SELECT number, account, kind, reference, symbol, quantity, notional, cash_change, commission, currency, note, at_ns,
    recorded_at
FROM ledger_records;

-- What every batch changes about a parent is in one narrow row, made with the parent: how much is filled, and the
-- algorithm's state. `parent_orders` is written when the parent's own state changes, with what is filled then.
ALTER TABLE parent_snapshots ADD COLUMN filled numeric NOT NULL DEFAULT 0 CHECK (filled >= 0),
    ALTER COLUMN kind DROP NOT NULL, ALTER COLUMN version DROP NOT NULL, ALTER COLUMN state DROP NOT NULL,
    ALTER COLUMN state TYPE text,
    ADD CHECK ((kind IS NULL) = (version IS NULL) AND (kind IS NULL) = (state IS NULL));
INSERT INTO parent_snapshots (parent) SELECT id FROM parent_orders ON CONFLICT DO NOTHING;
UPDATE parent_snapshots AS snapshot SET filled = parent.filled FROM parent_orders AS parent
WHERE parent.id = snapshot.parent AND parent.filled > 0;

-- JSON that nobody searches is kept as it was given, which costs less than taking it apart.
ALTER TABLE parent_bodies ALTER COLUMN submission TYPE json USING submission::text::json,
    ALTER COLUMN admission TYPE json USING admission::text::json, ALTER COLUMN result TYPE json USING result::text::json;

-- As before; and the plans of a batch's statements, which are made once per connection, must not depend on how empty
-- the tables were then: they find each row by its key.
CREATE OR REPLACE FUNCTION begin_engine_batch(
    the_account text, the_epoch bigint, the_sequence bigint, the_worker uuid, the_clock_ns bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A process that stops in the middle of a batch must not hold up a takeover for ever.
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true),
        set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true);
    INSERT INTO engine_batches (account, epoch, sequence, clock_ns)
    VALUES (the_account, the_epoch, the_sequence, the_clock_ns)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'batch %/%/% is committed', the_account, the_epoch, the_sequence USING ERRCODE = 'SX002';
    END IF;
    PERFORM FROM account_engines
    WHERE account = the_account AND epoch = the_epoch AND worker = the_worker FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % was taken over after epoch %', the_account, the_epoch USING ERRCODE = 'SX001';
    END IF;
    -- Its row may have been pruned: what comes after it was committed after it.
    PERFORM FROM engine_batches
    WHERE account = the_account AND epoch = the_epoch AND sequence > the_sequence LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'batch %/%/% is committed', the_account, the_epoch, the_sequence USING ERRCODE = 'SX002';
    END IF;
    -- Every 64th, so that pruning costs next to nothing.
    IF the_sequence % 64 = 0 THEN
        DELETE FROM engine_batches
        WHERE account = the_account AND epoch = the_epoch AND sequence < the_sequence;
    END IF;
END $$;

-- As before, with the index of new partitions of `event_batches`.
CREATE OR REPLACE FUNCTION make_partitions(months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    parent record;
    part text;
    first date;
    made integer := 0;
BEGIN
    FOR parent IN
        SELECT relation.relname AS name FROM pg_partitioned_table AS partitioned
        JOIN pg_class AS relation ON relation.oid = partitioned.partrelid
        WHERE relation.relnamespace = current_schema()::regnamespace ORDER BY relation.relname
    LOOP
        FOR ahead IN 0..months LOOP
            first := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + make_interval(months => ahead);
            part := parent.name || to_char(first, '_YYYY_MM');
            CONTINUE WHEN to_regclass(part) IS NOT NULL;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent.name,
                    first::text || ' 00:00:00+00', (first + interval '1 month')::date::text || ' 00:00:00+00'
                );
                IF parent.name = 'event_batches' THEN
                    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (parent, sequence)', part || '_numbers', part);
                END IF;
                made := made + 1;
            EXCEPTION WHEN check_violation THEN NULL;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
