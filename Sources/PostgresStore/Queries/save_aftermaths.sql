-- save_aftermaths.sql: keeps what the market did after parents $1; what was looked at further stays.
INSERT INTO execution_aftermaths AS kept (parent, read_until_ns, is_complete, aftermath)
SELECT parent, read_until_ns, (aftermath::jsonb->>'isComplete')::boolean, aftermath::jsonb
FROM unnest($1::text[], $2::bigint[], $3::text[]) AS later (parent, read_until_ns, aftermath)
ON CONFLICT (parent) DO UPDATE SET read_until_ns = EXCLUDED.read_until_ns, is_complete = EXCLUDED.is_complete,
    aftermath = EXCLUDED.aftermath, recorded_at = clock_timestamp()
WHERE NOT kept.is_complete AND EXCLUDED.read_until_ns > kept.read_until_ns
