-- make_slots.sql: makes sure that pool $1 has $2 slots; those of a larger size elsewhere stay.
INSERT INTO slots (pool, place)
SELECT $1, place
FROM generate_series((SELECT coalesce(max(place), 0) + 1 FROM slots WHERE pool = $1), $2::integer) AS place
ON CONFLICT DO NOTHING
