-- save_tapes.sql: keeps the market tapes of run $1, one per parent; a tape that is there stays.
INSERT INTO market_tapes (run, parent, tape)
SELECT $1, parent, tape::json FROM unnest($2::text[], $3::text[]) AS kept (parent, tape) ON CONFLICT (parent) DO NOTHING
