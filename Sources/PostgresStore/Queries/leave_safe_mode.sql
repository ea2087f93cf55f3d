-- leave_safe_mode.sql: $2 ends the safe modes of account $1 and of the books under its name, for reason $3.
UPDATE safe_modes SET left_at = clock_timestamp(), left_by = $2, left_reason = $3
WHERE left_at IS NULL AND $1 IN (account, split_part(account, '@', 1))
RETURNING account, code, reason, entered_by, since_ns, entered_at, left_by, left_reason, left_at
