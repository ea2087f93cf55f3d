import ExecutionAlgorithms
import ExecutionEngine
import Portfolio
import RiskRules
import TradingDomain

/// A batch as the statements of its transaction, in order; those with nothing to say are left out.
struct BatchStatements: Sendable {
    /// Statements whose answers matter.
    enum Answer: Hashable, Sendable { case ledger, intents, controls }

    private(set) var all: [PostgresStatement] = []
    private var places: [Answer: Int] = [:]

    /// Facts first, then intents behind the lock of halts, then what depends on the intents' rows.
    init(_ batch: EngineBatch, _ lease: EngineLease) throws {
        let account = lease.account
        let key: [PostgresValue] = [.text(account.text), .int64(lease.epoch), .int64(batch.sequence)]
        add(try PostgresStatement(file: "begin_batch", key + [.text(lease.worker), .int64(batch.clock.nanoseconds)]))
        if !batch.events.isEmpty { add(try Self.events(batch.events, account)) }
        if !batch.fills.isEmpty { add(try Self.fills(batch.fills, account)) }
        if !batch.ledger.isEmpty { add(try Self.ledger(batch.ledger, account), .ledger) }
        if !batch.parents.isEmpty { try addParents(batch, account) }
        if !batch.positions.isEmpty { add(try Self.positions(batch.positions, account)) }
        if !batch.alerts.isEmpty { add(try Self.alerts(batch.alerts, account)) }
        if !batch.intents.isEmpty {
            add(try PostgresStatement(file: "lock_halts_shared", [.int64(PostgresJournal.haltLock)]))
            add(try Self.intents(batch.intents, key), .intents)
            add(try PostgresStatement(file: "mark_refused_batch", key))
        }
        if let children = try Self.children(batch) { add(children) }
        if !batch.done.isEmpty { add(try PostgresStatement(file: "mark_commands", key + [.int64Array(batch.done)])) }
        add(try PostgresStatement(file: "account_controls", [.text(account.text)]), .controls)
    }

    /// The answer to a statement; nil when the batch had none of it.
    func result(_ answer: Answer, of results: [PostgresResult]) -> PostgresResult? {
        places[answer].map { results[$0] }
    }

    private mutating func add(_ statement: PostgresStatement, _ answer: Answer? = nil) {
        if let answer { places[answer] = all.count }
        all.append(statement)
    }

    private mutating func addParents(_ batch: EngineBatch, _ account: AccountID) throws {
        let parents = batch.parents
        add(
            try PostgresStatement(
                file: "update_parents",
                [
                    .text(account.text), .textArray(parents.map(\.id.text)), .textArray(parents.map(\.state.rawValue)),
                    .textArray(parents.map { "\($0.filled)" }),
                    .textArray(parents.map { $0.admission?.verdict.algorithm.text }),
                    .textArray(parents.map { $0.admission.map { "\($0.arrival.price)" } }),
                    .int64Array(
                        parents.map { $0.state.isFinal ? ($0.result?.endedAt ?? batch.clock).nanoseconds : nil }
                    ),
                ]
            )
        )
        let bodies = parents.filter { $0.admission != nil || $0.result != nil }
        if !bodies.isEmpty {
            add(
                try PostgresStatement(
                    file: "update_parent_bodies",
                    [
                        .textArray(bodies.map(\.id.text)),
                        .textArray(try bodies.map { try $0.admission.map { try Documents.encode($0) } }),
                        .textArray(try bodies.map { try $0.result.map { try Documents.encode($0) } }),
                    ]
                )
            )
        }
        let snapshots = parents.compactMap { parent in parent.snapshot.map { (parent.id.text, $0) } }
        if !snapshots.isEmpty {
            add(
                try PostgresStatement(
                    file: "update_snapshots",
                    [
                        .textArray(snapshots.map(\.0)), .textArray(snapshots.map(\.1.kind)),
                        .int64Array(snapshots.map { Int64($0.1.version) }), .textArray(snapshots.map(\.1.state)),
                    ]
                )
            )
        }
        let held = parents.compactMap { parent in parent.admission.map { (parent.id.text, $0.reservation) } }
        if !held.isEmpty {
            add(
                try PostgresStatement(
                    file: "take_reservations",
                    [
                        .text(account.text), .textArray(held.map(\.0)), .textArray(held.map(\.1.symbol.text)),
                        .textArray(held.map(\.1.side.rawValue)), .textArray(held.map { "\($0.1.quantity)" }),
                        .textArray(held.map { "\($0.1.notional.amount)" }),
                        .textArray(held.map { "\($0.1.cash.amount)" }),
                        .textArray(held.map(\.1.cash.currency.rawValue)),
                    ]
                )
            )
        }
        let final = parents.filter(\.state.isFinal).map(\.id.text)
        if !final.isEmpty {
            add(
                try PostgresStatement(
                    file: "release_reservations",
                    [.textArray(final), .int64(batch.clock.nanoseconds)]
                )
            )
        }
    }
}

extension BatchStatements {
    static func ledger(_ entries: [LedgerEntry], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_ledger",
            [
                .text(account.text), .textArray(entries.map(\.kind.rawValue)), .textArray(entries.map(\.reference)),
                .textArray(entries.map { $0.symbol?.text }),
                .textArray(entries.map { $0.quantity.map { "\($0)" } }),
                .textArray(entries.map { $0.notional.map { "\($0.amount)" } }),
                .textArray(entries.map { "\($0.cashChange.amount)" }),
                .textArray(entries.map { "\($0.commission.amount)" }),
                .textArray(entries.map(\.cashChange.currency.rawValue)),
                .textArray(entries.map { $0.note?.storable }), .int64Array(entries.map(\.at.nanoseconds)),
            ]
        )
    }

    static func positions(_ positions: [Position], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "update_positions",
            [
                .text(account.text), .textArray(positions.map(\.symbol.text)),
                .textArray(positions.map { "\($0.quantity)" }),
                .textArray(positions.map { "\($0.costBasis.amount)" }),
                .textArray(positions.map { "\($0.realized.amount)" }),
                .textArray(positions.map(\.costBasis.currency.rawValue)),
            ]
        )
    }

    static func alerts(_ alerts: [EngineAlert], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_alerts",
            [
                .text(account.text), .textArray(alerts.map { $0.parent?.text }), .textArray(alerts.map(\.code)),
                .textArray(alerts.map(\.message.storable)), .int64Array(alerts.map(\.at.nanoseconds)),
            ]
        )
    }

    private static func events(_ events: [JournaledEvent], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_events",
            [
                .text(account.text), .textArray(events.map(\.parent.text)),
                .int64Array(events.map { Int64($0.sequence) }), .int64Array(events.map(\.at.nanoseconds)),
                .textArray(events.map(\.event.kind)), .textArray(events.map { $0.event.child?.text }),
                .textArray(try events.map { try Documents.encode($0.event) }),
            ]
        )
    }

    /// A fill that is in the batch twice is one fill.
    private static func fills(_ reported: [Fill], _ account: AccountID) throws -> PostgresStatement {
        var seen: Set<[String]> = []
        let fills = reported.filter { seen.insert([$0.symbol.text, $0.tradeID.text]).inserted }
        return try PostgresStatement(
            file: "record_fills",
            [
                .text(account.text), .textArray(fills.map { $0.clientOrderID.parts?.parent.text }),
                .textArray(fills.map(\.clientOrderID.text)), .textArray(fills.map(\.symbol.text)),
                .textArray(fills.map(\.tradeID.text)), .textArray(fills.map(\.side.rawValue)),
                .textArray(fills.map { "\($0.quantity)" }), .textArray(fills.map { "\($0.price)" }),
                .textArray(fills.map { "\($0.notional.amount)" }),
                .textArray(fills.map { "\($0.commission.amount)" }),
                .textArray(fills.map(\.notional.currency.rawValue)), .int64Array(fills.map(\.tradedAt.nanoseconds)),
            ]
        )
    }

    private static func intents(_ intents: [Intent], _ key: [PostgresValue]) throws -> PostgresStatement {
        let orders = intents.map(\.order)
        return try PostgresStatement(
            file: "accept_intents",
            key + [
                .textArray(orders.map(\.id.text)), .textArray(orders.map(\.parent.text)),
                .textArray(orders.map(\.instrument.symbol.text)), .textArray(orders.map(\.side.rawValue)),
                .textArray(orders.map { "\($0.request.quantity)" }), .textArray(orders.map(\.request.type.name)),
                .textArray(orders.map { $0.request.type.limitPrice.map { "\($0)" } }),
                .textArray(orders.map(\.request.timeInForce.rawValue)),
                .int64Array(orders.map { Int64($0.request.slice) }),
                .int64Array(orders.map(\.requestTime.nanoseconds)),
                .int64Array(orders.map(\.validFor.nanoseconds)),
                .int64Array(intents.map { Int64($0.event.sequence) }),
                .int64Array(intents.map(\.event.at.nanoseconds)),
                .textArray(try intents.map { try Documents.encode($0.event.event) }),
                .textArray(orders.map { $0.replaces?.text }), .int64Array(orders.map { Int64($0.attempt ?? 1) }),
            ]
        )
    }

    /// The children's states, with the venue's ids and reasons, which only the events tell.
    private static func children(_ batch: EngineBatch) throws -> PostgresStatement? {
        var order: [ClientOrderID] = []
        var changes: [ClientOrderID: (update: ChildUpdate?, broker: BrokerOrderID?, reason: String?)] = [:]
        func change(
            _ id: ClientOrderID,
            _ set: (inout (update: ChildUpdate?, broker: BrokerOrderID?, reason: String?)) -> Void
        ) {
            if changes[id] == nil { order.append(id) }
            set(&changes[id, default: (nil, nil, nil)])
        }
        for event in batch.events {
            guard case .child(let id, let happened) = event.event else { continue }
            switch happened {
            case .acknowledged(let broker, _), .replaced(_, let broker?, _): change(id) { $0.broker = broker }
            default: break
            }
            if let reason = happened.reason { change(id) { $0.reason = reason } }
        }
        for update in batch.children { change(update.id) { $0.update = update } }
        guard !order.isEmpty else { return nil }
        let rows = order.compactMap { changes[$0] }
        return try PostgresStatement(
            file: "update_children",
            [
                .textArray(order.map(\.text)), .textArray(rows.map { $0.update?.life.rawValue }),
                .textArray(rows.map { $0.update?.outstanding.rawValue }),
                .textArray(rows.map { $0.update.map { "\($0.filled)" } }), .textArray(rows.map { $0.broker?.text }),
                .textArray(rows.map { $0.reason?.storable }),
                .textArray(rows.map { $0.update?.open.map { "\($0)" } }),
            ]
        )
    }
}

extension OrderEvent {
    /// A stable word for rows: what happened, without its values.
    var kind: String {
        switch self {
        case .parent(.admitted): "admitted"
        case .parent(.refused): "refused"
        case .parent(.started): "started"
        case .parent(.paused): "paused"
        case .parent(.resumed): "resumed"
        case .parent(.cancelRequested): "cancel_requested"
        case .parent(.intentRefused): "intent_refused"
        case .parent(.amendRequested): "amend_requested"
        case .parent(.amended): "amended"
        case .parent(.amendRefused): "amend_refused"
        case .parent(.finished): "finished"
        case .child(_, .intended): "intended"
        case .child(_, .acknowledged): "acknowledged"
        case .child(_, .filled): "filled"
        case .child(_, .rejected): "rejected"
        case .child(_, .cancelRequested): "child_cancel_requested"
        case .child(_, .cancelRefused): "child_cancel_refused"
        case .child(_, .cancelled): "cancelled"
        case .child(_, .expired): "expired"
        case .child(_, .notPlaced): "not_placed"
        case .child(_, .unknown): "unknown"
        case .child(_, .replaced): "replaced"
        case .child(_, .resolved): "resolved"
        }
    }

    var child: ClientOrderID? {
        guard case .child(let id, _) = self else { return nil }
        return id
    }
}

extension ChildEvent {
    /// Why a child ended or is in doubt, where its event says so.
    var reason: String? {
        switch self {
        case .rejected(let code, let message): "\(code): \(message)"
        case .notPlaced(let reason), .unknown(let reason), .resolved(_, let reason): reason
        case .cancelRequested(let reason): reason
        case .intended, .acknowledged, .filled, .cancelRefused, .cancelled, .expired, .replaced: nil
        }
    }
}
