-- Less to write per order event; and a command is done with the batch that commits what it caused.

COMMENT ON COLUMN parent_commands.taken_epoch IS 'Lease of the batch that committed what it caused; NULL until then.';
COMMENT ON COLUMN parent_commands.taken_sequence IS 'That batch.';
DROP INDEX parent_commands_taken;

-- One engine numbers a parent's events, under its fence. That none is there twice is now up to the index by which they
-- are read, in each partition; a table of keys cost a row and an index entry more per event.
DROP TABLE order_event_keys;
DROP INDEX order_events_of_parent;
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'order_events'::regclass LOOP
        EXECUTE format('CREATE UNIQUE INDEX %I ON %s (parent, sequence)', part::text || '_numbers', part);
    END LOOP;
END $$;

-- A child is inserted by the statement that inserts its intent, for a parent that the same engine has admitted.
ALTER TABLE child_orders DROP CONSTRAINT child_orders_id_fkey, DROP CONSTRAINT child_orders_parent_fkey;

-- As before, with the index of new partitions of order_events.
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
                IF parent.name = 'order_events' THEN
                    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (parent, sequence)', part || '_numbers', part);
                END IF;
                made := made + 1;
            EXCEPTION WHEN check_violation THEN NULL;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
