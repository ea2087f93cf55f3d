-- committed_intents.sql: whether a committed batch's intents, of which $1 is one, were accepted: all were, or none.
SELECT EXISTS (SELECT FROM child_orders WHERE id = $1) AS accepted
