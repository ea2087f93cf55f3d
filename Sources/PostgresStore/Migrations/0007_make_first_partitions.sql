-- This month and the next three; `smartexec db migrate` and every start of a worker make more.

SELECT make_partitions(3);
