-- venue_orders.sql: every order of account $1 at the simulated venue, in the order of arrival.
SELECT record FROM paper.orders WHERE account = $1 ORDER BY number
