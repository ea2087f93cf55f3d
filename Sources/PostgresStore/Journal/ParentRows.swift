import ExecutionAlgorithms
import ExecutionEngine
import Portfolio
import RiskRules
import TradingDomain

/// Reads parents with their events.
enum ParentRows {
    /// Returns the parents of these ids, in the order asked; unknown ids are left out.
    static func read(_ ids: [String], on connection: isolated PostgresConnection) throws -> [ParentRecord] {
        guard !ids.isEmpty else { return [] }
        return try records(try connection.pipeline(statements(ids)))
    }

    /// What asks for the parents of these ids.
    static func statements(_ ids: [String]) throws -> [PostgresStatement] {
        [
            try PostgresStatement(file: "parents_by_id", [.textArray(ids)]),
            try PostgresStatement(file: "events_of_parents", [.textArray(ids)]),
        ]
    }

    /// The parents that the answers to ``statements(_:)`` tell of.
    static func records(_ results: [PostgresResult]) throws -> [ParentRecord] {
        var events: [ParentOrderID: [JournaledEvent]] = [:]
        for row in results[1] {
            let parent = ParentOrderID(unchecked: try row.text("parent"))
            events[parent, default: []] += try EventLines.read(row.text("events"), of: parent)
        }
        // In a batch facts come before the events of intents, whatever their numbers.
        for parent in events.keys { events[parent]?.sort { $0.sequence < $1.sequence } }
        return try results[0].map { row in
            ParentRecord(
                submission: try Documents.decode(ParentSubmission.self, row.text("submission")),
                state: try row.word("state"),
                filled: try row.quantity("filled"),
                admission: try row.optionalText("admission").map { try Documents.decode(ParentAdmission.self, $0) },
                snapshot: try snapshot(row),
                result: try row.optionalText("result").map { try Documents.decode(ExecutionResult.self, $0) },
                events: events[ParentOrderID(unchecked: try row.text("id"))] ?? []
            )
        }
    }

    /// Reads a row of `order_events`.
    static func event(_ row: PostgresRow) throws -> JournaledEvent {
        JournaledEvent(
            parent: ParentOrderID(unchecked: try row.text("parent")),
            sequence: Int(try row.int64("sequence")),
            at: try row.time("at_ns"),
            event: try Documents.decode(OrderEvent.self, row.text("event"))
        )
    }

    /// Reads events as ``EventDocuments`` wrote them.
    enum EventLines {
        static func read(_ lines: String, of parent: ParentOrderID) throws -> [JournaledEvent] {
            try lines.utf8.split(separator: UInt8(ascii: "\n")).map { line in
                // The JSON is the rest: whatever it holds, it is not split.
                let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 3, omittingEmptySubsequences: false)
                guard parts.count == 4, let number = Int(Substring(parts[0])), let time = Int64(Substring(parts[1]))
                else {
                    throw PostgresError.unexpectedColumn(
                        column: "events",
                        type: "text",
                        problem: "holds a line of order \(parent) that is not number, time, kind and JSON"
                    )
                }
                return JournaledEvent(
                    parent: parent,
                    sequence: number,
                    at: Timestamp(nanoseconds: time),
                    event: try Documents.decode(OrderEvent.self, String(Substring(parts[3])))
                )
            }
        }
    }

    private static func snapshot(_ row: PostgresRow) throws -> AlgorithmSnapshot? {
        guard let kind = try row.optionalText("snapshot_kind") else { return nil }
        return AlgorithmSnapshot(
            kind: kind,
            version: Int(try row.int64("snapshot_version")),
            state: try row.text("snapshot_state")
        )
    }
}

/// Reads ledger entries.
enum LedgerRows {
    /// Returns the account's entries in the order in which they were booked; `limit` keeps the newest.
    static func read(
        _ account: AccountID,
        limit: Int? = nil,
        on connection: isolated PostgresConnection
    ) throws -> [LedgerEntry] {
        let newest: PostgresValue = .optional(limit.map(Int64.init))
        return try connection.run(file: "ledger_of_account", [.text(account.text), newest]).reversed().map { row in
            let changesPosition = try !row.isNull("quantity")
            return try LedgerEntry(
                account: account,
                kind: try row.word("kind"),
                reference: try row.text("reference"),
                at: try row.time("at_ns"),
                cashChange: try row.money("cash_change"),
                commission: try row.money("commission"),
                symbol: try row.isNull("symbol") ? nil : try row.symbol(),
                quantity: changesPosition ? try row.quantity("quantity") : nil,
                notional: changesPosition ? try row.money("notional") : nil,
                note: try row.optionalText("note")
            )
        }
    }
}

/// Reads what the slippage limit of an account has learned from.
enum SlippageRows {
    /// Returns the newest records that count, oldest first.
    static func read(_ account: AccountID, on connection: isolated PostgresConnection) throws -> [SlippageRecord] {
        let count = Int64(SlippageController.window)
        return try connection.run(file: "slippages_of_account", [.text(account.text), .int64(count)]).reversed().map {
            SlippageRecord(
                parent: ParentOrderID(unchecked: try $0.text("parent")),
                at: try $0.time("at_ns"),
                slippage: try $0.double("slippage"),
                limit: try $0.double("slippage_limit")
            )
        }
    }
}

/// Reads what others ask of an account: the halt in every row, and at most one command in each.
enum ControlRows {
    static func read(_ rows: PostgresResult) throws -> AccountControls {
        let commands: [RequestedCommand] = try rows.compactMap { row in
            guard let number = try row.optionalInt64("number") else { return nil }
            let (kind, body): (ParentCommand.Kind, String?) = (
                try row.word("kind"), try row.optionalText("command_body")
            )
            let command = ParentCommand(
                parent: ParentOrderID(unchecked: try row.text("parent")),
                kind: kind,
                reason: try row.text("command_reason"),
                amendment: kind == .amend ? try body.map { try Documents.decode(ParentAmendment.self, $0) } : nil,
                resolution: kind == .resolve ? try body.map { try Documents.decode(ChildResolution.self, $0) } : nil
            )
            return RequestedCommand(number: number, command: command)
        }
        return AccountControls(
            halt: try HaltRows.state(rows.first),
            commands: commands,
            safeMode: try rows.first.flatMap(safeMode),
            request: try rows.first.flatMap(request)
        )
    }
}

extension ControlRows {
    private static func request(_ row: PostgresRow) throws -> ReconciliationRequest? {
        guard let number = try row.optionalInt64("request_number") else { return nil }
        return ReconciliationRequest(
            number: number,
            adopts: try row.bool("request_adopts"),
            reason: try row.text("request_reason"),
            by: try row.text("request_by")
        )
    }

    private static func safeMode(_ row: PostgresRow) throws -> SafeMode? {
        guard let code = try row.optionalText("safe_code") else { return nil }
        return SafeMode(
            code: code,
            reason: try row.text("safe_reason"),
            by: try row.text("safe_by"),
            since: try row.time("safe_since_ns")
        )
    }
}

/// Writes what somebody asks of a parent.
enum CommandRows {
    /// Records a command, unless its parent is final.
    ///
    /// - Returns: Whether it was recorded.
    static func request(_ command: ParentCommand, by: String, on connection: isolated PostgresConnection) throws -> Bool
    {
        let body =
            try command.amendment.map { try Documents.encode($0) }
            ?? command.resolution.map { try Documents.encode($0) }
        return try connection.run(
            file: "request_command",
            [
                .text(command.parent.text), .text(command.kind.rawValue), .text(command.reason.storable),
                .text(by.storable), body.map(PostgresValue.json) ?? .null,
            ]
        ).affectedRows == 1
    }
}

/// Reads halts.
enum HaltRows {
    static func state(_ row: PostgresRow?) throws -> HaltState {
        guard let row, let halt = try halt(row) else { return .inactive }
        return .active(halt)
    }

    /// Returns the row's halt; nil when an outer join found none.
    static func halt(_ row: PostgresRow) throws -> Halt? {
        guard let id = try row.optionalText("id") else { return nil }
        return Halt(
            id: HaltID(unchecked: id),
            reason: try row.text("reason"),
            by: try row.text("activated_by"),
            since: try row.time("since_ns"),
            flattens: try row.bool("flattens")
        )
    }
}
