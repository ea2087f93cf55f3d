-- tapes_of_parents.sql: the market tapes of parents, in the order asked.
SELECT kept.run, kept.parent, kept.tape
FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, position) JOIN market_tapes AS kept ON kept.parent = asked.id
ORDER BY asked.position
