-- release_reservations.sql: releases the reservations of parents that are final.
UPDATE reservations SET released_at_ns = $2 WHERE parent = ANY ($1::text[]) AND released_at_ns IS NULL
