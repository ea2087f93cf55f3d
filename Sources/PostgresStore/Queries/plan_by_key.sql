-- plan_by_key.sql: has the statements of this transaction find each row by its key. Plans are made once per connection,
-- and one that was made while the tables were empty would read them whole for as long as it lives.
SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true)
