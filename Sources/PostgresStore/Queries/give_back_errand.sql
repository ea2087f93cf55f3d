-- give_back_errand.sql: leaves question $1, which worker $2 has under claim $3, to others.
UPDATE agent_errands SET worker = NULL, taken_at = NULL
WHERE id = $1 AND worker = $2::uuid AND claim = $3 AND answer IS NULL
