import ExecutionEngine
public import RiskRules
public import TradingDomain

/// How far one account is on its way from a halt to the proof that nothing of it can trade any more.
public struct HaltStanding: Codable, Hashable, Sendable {
    public enum Stage: String, Codable, Hashable, Sendable, CaseIterable {
        /// The venue's polls have proven it.
        case proven
        /// They have, and its positions are being closed.
        case flattening
        /// They have, and the venue's report shows no position any more.
        case flat
        /// They have, and positions are left that could not be closed; the last step names them.
        case unflattened
        /// No intent leaves any more; the venue still lists something, or was not asked twice yet.
        case acknowledged
        /// Its engine lives and has not answered yet.
        case waiting
        /// Nobody works it, and what was sent has died at the venue: nothing new can leave. Nothing of ours is open.
        case idle
        /// Nobody works it, and orders of ours are open or unproven, or positions are to be closed: whoever takes the
        /// account proves the rest.
        case orphaned
    }

    public let account: AccountID
    public let stage: Stage
    /// Of the engine's worker; `nil` when nobody holds the account.
    public let host: String?
    public let openParents: Int
    /// What the last poll listed; `nil` before the first.
    public let openOrders: Int?
    public let unproven: Int?
    /// Seconds by the database's clock after the activation.
    public let acknowledgedSeconds: Double?
    public let provenSeconds: Double?
    /// Until nothing was held any more; `nil` unless that was asked for and is so.
    public let flatSeconds: Double?
    /// What the last step rests on.
    public let note: String?
}

extension PostgresKillSwitch {
    /// How far each account that a halt covers is, by account.
    public func standing(_ halt: HaltID) async throws -> [HaltStanding] {
        try await move { connection in
            try connection.run(file: "halt_standing", [.text(halt.text)]).map { row in
                let isLeased = try row.isNull("worker") ? false : row.bool("is_leased")
                let parents = Int(try row.int64("open_parents"))
                let stage: HaltStanding.Stage =
                    if try row.bool("is_flat") {
                        .flat
                    } else if try !row.isNull("proven_at"), try !row.bool("flattens") {
                        .proven
                    } else if try row.bool("is_unflattened") {
                        .unflattened
                    } else if isLeased {
                        try !row.isNull("proven_at")
                            ? .flattening : row.isNull("acknowledged_at") ? .waiting : .acknowledged
                    } else {
                        try parents == 0 && !(row.bool("flattens") && row.int64("positions") > 0) ? .idle : .orphaned
                    }
                return HaltStanding(
                    account: AccountID(unchecked: try row.text("account")),
                    stage: stage,
                    host: try row.optionalText("host"),
                    openParents: parents,
                    openOrders: try row.optionalInt64("open_orders").map { Int($0) },
                    unproven: try row.optionalInt64("unproven").map { Int($0) },
                    acknowledgedSeconds: try row.optionalDouble("acknowledged_seconds"),
                    provenSeconds: try row.optionalDouble("proven_seconds"),
                    flatSeconds: try row.optionalDouble("flat_seconds"),
                    note: try row.optionalText("note")
                )
            }
        }
    }

    /// Records a rehearsal.
    ///
    /// - Parameters:
    ///   - halt: The rehearsal's halt.
    ///   - account: Whose engine was halted.
    ///   - orders: How many it worked.
    ///   - haltedSeconds: Until no intent could commit any more.
    ///   - provenSeconds: Until nothing could trade any more; `nil` when that was not proven.
    ///   - flatSeconds: Until nothing was held any more; `nil` when that was not asked for, or not reached.
    ///   - by: Who rehearsed.
    /// - Throws: ``PostgresError``.
    public func record(
        drill halt: HaltID,
        account: AccountID,
        orders: Int,
        haltedSeconds: Double,
        provenSeconds: Double?,
        flatSeconds: Double?,
        by: String
    ) async throws {
        _ = try await move { connection in
            try connection.run(
                file: "record_drill",
                [
                    .text(halt.text), .text(account.text), .int64(Int64(orders)), .text("\(haltedSeconds)"),
                    .optional(provenSeconds.map { "\($0)" }), .text(by.storable),
                    .optional(flatSeconds.map { "\($0)" }),
                ]
            )
        }
    }

    static func statement(_ steps: [HaltStep], _ lease: EngineLease) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_halt_steps",
            [
                .text(lease.account.text), .int64(lease.epoch), steps.texts(\.halt.text), steps.texts(\.kind.rawValue),
                steps.numbers(\.at.nanoseconds), steps.numbers { $0.venueTime?.nanoseconds },
                steps.numbers { Int64($0.openOrders) }, steps.numbers { Int64($0.unproven) },
                steps.texts(\.note.storable),
            ]
        )
    }
}
