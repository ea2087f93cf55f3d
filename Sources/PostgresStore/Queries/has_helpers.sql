-- has_helpers.sql: whether a worker beside $1 lives that claims runs of account $2, and so asks agents for them.
SELECT EXISTS (
    SELECT FROM workers AS worker
    WHERE worker.id <> $1::uuid AND worker.ended_at IS NULL AND worker.lease_until > clock_timestamp()
        AND worker.serves && ARRAY['*', $2, split_part($2, '@', 1)]
) AS found
