-- committed_intents.sql: which of the intents $1 of a committed batch were accepted.
SELECT id FROM child_orders WHERE id = ANY ($1::text[])
