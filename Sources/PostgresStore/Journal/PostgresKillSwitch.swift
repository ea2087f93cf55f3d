import Foundation
public import RiskRules
public import TradingDomain

/// The kill switch in the database: every engine reads it in the transaction of its intents (I6).
public struct PostgresKillSwitch: Sendable {
    private let transactions: DurableTransactions

    /// Makes the switch over a migrated database.
    public init(pool: PostgresPool, patience: Backoff? = nil) {
        transactions = DurableTransactions(pool: pool, patience: patience ?? DurableTransactions.patience)
    }

    /// What a halt covers.
    public enum Scope: Hashable, Sendable {
        case all
        case account(AccountID)

        var account: String? {
            guard case .account(let account) = self else { return nil }
            return account.text
        }
    }

    /// What moving the switch came to.
    public enum Outcome: Hashable, Sendable {
        case activated(Halt)
        /// It was on; the first halt stays in force with its reason.
        case alreadyActive(Halt)
        case deactivated(Halt)
        case notActive

        /// The halt that is in force, or has just ended.
        public var halt: Halt? {
            switch self {
            case .activated(let halt), .alreadyActive(let halt), .deactivated(let halt): halt
            case .notActive: nil
            }
        }

        /// One line for people.
        public var message: String {
            switch self {
            case .activated(let halt):
                "The kill switch is on: \(halt.reason). No order leaves until it is deactivated"
                    + (halt.flattens ? ", but for those that close positions." : ".")
            case .alreadyActive(let halt):
                "The kill switch was on already, since \(halt.since): \(halt.reason) (by \(halt.by)). It stays on"
                    + (halt.flattens ? ", and closes positions." : ".")
            case .deactivated(let halt):
                "The kill switch is off. It was on since \(halt.since): \(halt.reason)."
            case .notActive:
                "The kill switch was off already; nothing was changed."
            }
        }
    }

    /// A halt with its end, if it has one.
    public struct Record: Codable, Hashable, Sendable {
        public let halt: Halt
        /// Nil for a halt over all accounts.
        public let account: AccountID?
        /// The database's clock, as the end's.
        public let activatedAt: Timestamp
        public let endedAt: Timestamp?
        public let endReason: String?
        public let endedBy: String?

        public var isActive: Bool { endedAt == nil }
    }

    /// Turns the switch on; when this returns, no intent of the scope commits any more.
    ///
    /// Waits for the transactions in flight that commit intents: their orders may still leave.
    ///
    /// - Parameters:
    ///   - reason: Why; shown with every blocked order.
    ///   - by: Who: a person, or the rule that did.
    ///   - scope: One account, or all.
    ///   - flattens: Whether positions are closed once nothing else can trade; also asked of a halt that is on already.
    ///   - time: Business time; nil means now by the database's clock.
    /// - Returns: ``Outcome/activated(_:)`` or ``Outcome/alreadyActive(_:)``.
    /// - Throws: ``KillSwitchError`` without a reason or a name; ``PostgresError`` when the database is away.
    @discardableResult
    public func activate(
        reason: String,
        by: String,
        scope: Scope = .all,
        flattens: Bool = false,
        at time: Timestamp? = nil
    ) async throws -> Outcome {
        let id = HaltID(unchecked: UUID().uuidString.lowercased())
        // The rules check the words; the state and the time come from the database.
        _ = try KillSwitch.activate(.inactive, id: id, reason: reason, by: by, at: Timestamp(nanoseconds: 0))
        return try await move { connection in
            let before = try Self.active(scope, on: connection)
            if before == nil {
                _ = try connection.run(
                    file: "activate_halt",
                    [
                        .text(id.text), .optional(scope.account), .text(reason.storable), .text(by.storable),
                        .optional(time?.nanoseconds),
                    ]
                )
            }
            if flattens {
                _ = try connection.run(file: "flatten_halt", [.text((before?.id ?? id).text), .text(by.storable)])
            }
            guard let halt = try Self.active(scope, on: connection) else { throw PostgresError.unexpectedRowCount(0) }
            // A transaction that is repeated after a lost COMMIT finds its own.
            return halt.id == id ? .activated(halt) : .alreadyActive(halt)
        }
    }

    /// Turns the switch off for exactly this scope.
    ///
    /// - Parameters:
    ///   - reason: Why trading may go on; recorded.
    ///   - by: Who.
    ///   - scope: As it was activated; ending an account's halt leaves one over all accounts in force.
    /// - Returns: ``Outcome/deactivated(_:)`` or ``Outcome/notActive``.
    /// - Throws: ``KillSwitchError`` without a reason or a name; ``PostgresError`` when the database is away.
    @discardableResult
    public func deactivate(reason: String, by: String, scope: Scope = .all) async throws -> Outcome {
        let any = Halt(id: HaltID(unchecked: "any"), reason: reason, by: by, since: Timestamp(nanoseconds: 0))
        _ = try KillSwitch.deactivate(.active(any), reason: reason, by: by, at: any.since)
        return try await move { connection in
            guard let halt = try Self.active(scope, on: connection) else { return .notActive }
            _ = try connection.run(
                file: "end_halt",
                [.text(halt.id.text), .text(reason.storable), .text(by.storable)]
            )
            return .deactivated(halt)
        }
    }

    /// The halt in force for an account; one over all accounts comes before its own.
    public func status(_ account: AccountID) async throws -> HaltState {
        try await move { try HaltRows.state(try $0.run(file: "active_halt", [.text(account.text)]).first) }
    }

    /// Halts and their ends, newest first.
    ///
    /// - Parameters:
    ///   - account: Only those that concern it; nil for all.
    ///   - limit: The most to return.
    /// - Returns: What was recorded, the halts in force among it.
    /// - Throws: ``PostgresError`` when the database is away.
    public func history(_ account: AccountID? = nil, limit: Int = 50) async throws -> [Record] {
        try await move { connection in
            try connection.run(file: "halt_history", [.optional(account?.text), .int64(Int64(limit))]).map { row in
                guard let halt = try HaltRows.halt(row) else { throw PostgresError.unexpectedRowCount(0) }
                return Record(
                    halt: halt,
                    account: try row.optionalText("account").map { AccountID(unchecked: $0) },
                    activatedAt: try row.recorded("activated_at"),
                    endedAt: try row.optionalRecorded("deactivated_at"),
                    endReason: try row.optionalText("end_reason"),
                    endedBy: try row.optionalText("deactivated_by")
                )
            }
        }
    }

    /// Reads under the exclusive lock when it is to be moved, so that two callers do not both find it off.
    private static func active(_ scope: Scope, on connection: isolated PostgresConnection) throws -> Halt? {
        _ = try connection.run(file: "lock_halts", [.int64(PostgresJournal.haltLock)])
        return try connection.run(file: "active_halt_of_scope", [.optional(scope.account)]).first.flatMap(HaltRows.halt)
    }

    func move<T: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> T
    ) async throws -> T {
        do {
            return try await transactions.run(body)
        } catch let gaveUp as DurableTransactions.GaveUp {
            throw gaveUp.cause
        }
    }
}
