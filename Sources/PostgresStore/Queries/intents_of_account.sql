-- intents_of_account.sql: every intent of account $1 with its parent.
SELECT client_order_id, parent FROM intents WHERE account = $1 ORDER BY client_order_id
