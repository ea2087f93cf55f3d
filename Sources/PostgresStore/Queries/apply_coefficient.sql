-- apply_coefficient.sql: puts coefficient $2 into force for account $1.
INSERT INTO impact_coefficients (account, coefficient, evidence, applied_by) VALUES ($1, $2::text::double precision, $3, $4)
