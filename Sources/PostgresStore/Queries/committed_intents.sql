-- committed_intents.sql: the intents that batch $2/$3 of account $1 committed, of those in $4.
SELECT client_order_id AS id FROM intents
WHERE client_order_id = ANY ($4::text[]) AND account = $1 AND epoch = $2 AND sequence = $3
