-- Orders that are amended, replaced, tried again and settled by hand.

ALTER TYPE child_life ADD VALUE 'replaced';

ALTER TABLE child_orders ADD COLUMN replaces text, ADD COLUMN attempt integer NOT NULL DEFAULT 1 CHECK (attempt > 0),
    ADD COLUMN open numeric CHECK (open >= 0);
COMMENT ON COLUMN child_orders.replaces IS 'The child whose place it takes; its quantity is the total of both.';
COMMENT ON COLUMN child_orders.open IS 'What it may still fill, as its parent counts it; NULL until something was heard of it.';
COMMENT ON COLUMN child_orders.attempt IS 'Which try it is, from 1: each has an intent and an id of its own.';

ALTER TABLE parent_commands ADD COLUMN body jsonb;
COMMENT ON COLUMN parent_commands.body IS 'What is to change (amend), or what became of a child (resolve).';
ALTER TABLE parent_commands DROP CONSTRAINT parent_commands_kind_check;
ALTER TABLE parent_commands ADD CONSTRAINT parent_commands_kind_check
    CHECK (kind IN ('cancel', 'pause', 'resume', 'amend', 'resolve')),
    ADD CONSTRAINT parent_commands_body_check CHECK ((body IS NULL) = (kind IN ('cancel', 'pause', 'resume')));

COMMENT ON COLUMN parent_bodies.admission IS 'Written in the transaction that makes the parent live; amendments rewrite it.';
