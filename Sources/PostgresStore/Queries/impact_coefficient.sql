-- impact_coefficient.sql: the coefficient in force for account $1.
SELECT coefficient, evidence, applied_by, applied_at FROM impact_coefficients
WHERE account IN ($1, split_part($1, '@', 1)) ORDER BY number DESC LIMIT 1
