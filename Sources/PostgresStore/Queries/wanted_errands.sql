-- wanted_errands.sql: of questions $2, which worker $1 has under claims $3, those that are its own still and wanted.
SELECT errand.id FROM unnest($2::text[], $3::bigint[]) AS asked (id, claim)
JOIN agent_errands AS errand ON errand.id = asked.id AND errand.claim = asked.claim AND errand.worker = $1::uuid
JOIN runs AS run ON run.id = errand.run AND run.epoch = errand.epoch AND run.state::text = 'running'
WHERE NOT EXISTS (SELECT FROM run_cancellations AS wish WHERE wish.run = run.id)
