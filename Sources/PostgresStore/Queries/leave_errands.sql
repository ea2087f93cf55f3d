-- leave_errands.sql: leaves to others what lies with worker $1 unanswered and is not among questions $2 under claims $3.
UPDATE agent_errands AS errand SET worker = NULL, taken_at = NULL
WHERE errand.worker = $1::uuid AND errand.answer IS NULL AND NOT EXISTS (
    SELECT FROM unnest($2::text[], $3::bigint[]) AS held (id, claim)
    WHERE held.id = errand.id AND held.claim = errand.claim
)
