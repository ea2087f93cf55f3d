-- request_reconciliation.sql: asks the engines of account $1 and of the books under its name to compare it with its venue.
INSERT INTO reconciliation_requests (account, adopts, reason, requested_by)
SELECT account, $2, $3, $4 FROM account_engines WHERE account = $1 OR split_part(account, '@', 1) = $1
RETURNING number, account
