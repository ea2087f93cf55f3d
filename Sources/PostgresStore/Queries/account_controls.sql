-- account_controls.sql: the halt and the safe mode in force for account $1, if any, beside each command to an open parent that is not done, and the newest request for a
-- comparison with its venue.
SELECT halt.id, halt.reason, halt.activated_by, halt.since_ns, halt.flattens,
    mode.code AS safe_code, mode.reason AS safe_reason, mode.entered_by AS safe_by, mode.since_ns AS safe_since_ns,
    request.number AS request_number, request.adopts AS request_adopts, request.reason AS request_reason,
    request.requested_by AS request_by,
    command.number, command.parent, command.kind, command.reason AS command_reason, command.body AS command_body
FROM (SELECT $1 AS name) AS account
LEFT JOIN active_halts($1) AS halt ON true
LEFT JOIN active_safe_modes($1) AS mode ON true
LEFT JOIN LATERAL (
    SELECT * FROM reconciliation_requests AS asked
    WHERE asked.account = account.name AND asked.taken_at IS NULL ORDER BY asked.number DESC LIMIT 1
) AS request ON true
LEFT JOIN (
    parent_commands AS command
    JOIN parent_orders AS parent ON parent.id = command.parent AND parent.ended_at_ns IS NULL
) ON command.account = account.name AND command.taken_epoch IS NULL
ORDER BY command.number
