-- take_turn.sql: the next turn of pool $1, which lets $2 steps begin in a second: the seconds until then.
INSERT INTO pools AS pool (name, next_at) VALUES ($1, clock_timestamp() + make_interval(secs => 1.0 / $2::integer))
ON CONFLICT (name) DO UPDATE
SET next_at = greatest(pool.next_at, clock_timestamp()) + make_interval(secs => 1.0 / $2::integer)
RETURNING greatest(0, extract(epoch FROM pool.next_at - clock_timestamp()) - 1.0 / $2::integer)::double precision AS seconds
