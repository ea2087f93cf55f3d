-- create_account.sql: makes the fence row of account $1, if there is none.
INSERT INTO account_engines (account) VALUES ($1) ON CONFLICT DO NOTHING
