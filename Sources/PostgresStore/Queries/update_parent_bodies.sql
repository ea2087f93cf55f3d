-- update_parent_bodies.sql: stores admissions, as amended, and results.
UPDATE parent_bodies AS body SET
    admission = coalesce(change.admission::json, body.admission), result = coalesce(change.result::json, body.result)
FROM unnest($1::text[], $2::text[], $3::text[]) AS change (parent, admission, result)
WHERE body.parent = change.parent
    AND (change.admission IS NOT NULL OR change.result IS NOT NULL)
