-- The simulated venue's own memory. It never shares a transaction with the tables above, as a real venue would not.

CREATE SCHEMA paper;

CREATE TABLE paper.orders (
    number bigint GENERATED ALWAYS AS IDENTITY,
    client_order_id text PRIMARY KEY,
    account text NOT NULL,
    symbol text NOT NULL,
    state text NOT NULL,
    executed numeric NOT NULL,
    arrived_at_ns bigint NOT NULL,
    record jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70);
CREATE INDEX paper_orders_of_account ON paper.orders (account, number);
