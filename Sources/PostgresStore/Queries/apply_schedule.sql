-- apply_schedule.sql: schedule $1/$2 of definition $3 on terms $4 for account $5. When $6, it begins now: nothing that was due
-- before fires, and it is not paused.
INSERT INTO schedules (workflow, id, definition_hash, terms, account, seen_until_ns)
VALUES ($1, $2, $3, $4, $5, (extract(epoch FROM clock_timestamp()) * 1e9)::bigint)
ON CONFLICT (workflow, id) DO UPDATE
SET definition_hash = excluded.definition_hash, terms = excluded.terms, account = excluded.account,
    applied_at = excluded.applied_at, removed_at = NULL,
    seen_until_ns = CASE WHEN $6 THEN excluded.seen_until_ns ELSE schedules.seen_until_ns END,
    paused_at = CASE WHEN $6 AND schedules.removed_at IS NOT NULL THEN NULL ELSE schedules.paused_at END,
    paused_by = CASE WHEN $6 AND schedules.removed_at IS NOT NULL THEN NULL ELSE schedules.paused_by END
