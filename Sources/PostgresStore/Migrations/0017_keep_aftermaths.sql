-- What the market did after each execution: mark-outs, effective spread, the session's close. Filled in as it happens:
-- by the run as far as it had come, and by whoever asks for a report later. Nothing that trades reads it.

CREATE TABLE execution_aftermaths (
    parent text PRIMARY KEY,
    -- The market was looked at up to here, in business time.
    read_until_ns bigint NOT NULL,
    -- Nothing more will come: every horizon and the session's close lie before that.
    is_complete boolean NOT NULL,
    aftermath jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
