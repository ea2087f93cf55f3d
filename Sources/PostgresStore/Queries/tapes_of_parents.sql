-- tapes_of_parents.sql: the market tapes of parents and what came after them, in the order asked.
SELECT kept.run, kept.parent, kept.tape, later.aftermath
FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, position) JOIN market_tapes AS kept ON kept.parent = asked.id
LEFT JOIN execution_aftermaths AS later ON later.parent = asked.id
ORDER BY asked.position
