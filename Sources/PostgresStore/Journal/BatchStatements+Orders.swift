import ExecutionAlgorithms
import ExecutionEngine
import RiskRules
import TradingDomain

extension BatchStatements {
    // MARK: Parents

    /// Parents that are recorded with what the batch made of them, their reservations among it.
    static func submissions(_ batch: EngineBatch, _ account: AccountID) throws -> PostgresStatement {
        let updates = Dictionary(batch.parents.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let rows = batch.submissions.map { (asked: $0, made: updates[$0.id]) }
        let bodies = try batch.submissions.map { try Documents.encode($0) }
        let admissions = try rows.map { try $0.made?.admission.map { try Documents.encode($0) } }
        let results = try rows.map { try $0.made?.result.map { try Documents.encode($0) } }
        return try PostgresStatement(
            file: "submit_parents",
            [
                .text(account.text), rows.texts(\.asked.id.text), rows.texts { $0.asked.run?.text },
                rows.texts(\.asked.stepPath), rows.texts { $0.asked.order.decision?.text },
                rows.texts(\.asked.order.symbol.text), rows.texts(\.asked.order.side.rawValue),
                rows.decimals { Int128($0.asked.order.quantity.units) }, rows.texts(\.asked.order.urgency.rawValue),
                rows.numbers { $0.asked.submittedAt.nanoseconds }, bodies.texts(\.self),
                rows.texts { ($0.made?.state ?? .submitted).rawValue },
                rows.decimals { Int128($0.made?.filled.units ?? 0) },
                rows.texts { $0.made?.admission?.verdict.algorithm.text },
                rows.decimals { $0.made?.admission.map { Int128($0.arrival.price.units) } },
                rows.numbers { $0.made.flatMap { endedAt($0, batch.clock) } }, admissions.texts(\.self),
                results.texts(\.self), rows.texts { $0.made?.snapshot?.kind },
                rows.numbers(as: .integer) { $0.made?.snapshot.map { Int64($0.version) } },
                rows.texts { $0.made?.snapshot?.state },
                rows.decimals { $0.made?.admission.map { Int128($0.reservation.quantity.units) } },
                rows.decimals { $0.made?.admission?.reservation.notional.units },
                rows.decimals { $0.made?.admission?.reservation.cash.units },
                rows.texts { $0.made?.admission?.reservation.cash.currency.rawValue },
            ]
        )
    }

    /// What became of parents that were recorded before.
    static func parents(_ batch: EngineBatch, _ account: AccountID) throws -> [PostgresStatement] {
        let new = Set(batch.submissions.map(\.id))
        let known = new.isEmpty ? batch.parents : batch.parents.filter { !new.contains($0.id) }
        var statements: [PostgresStatement] = []
        let changed = known.filter { !$0.keepsState }
        if !changed.isEmpty {
            statements.append(try Self.states(changed, account, at: batch.clock))
            statements += try bodies(changed)
        }
        if !known.isEmpty { statements.append(try progress(known)) }
        let held = changed.filter { $0.admission != nil }
        if !held.isEmpty { statements.append(try reservations(held, account)) }
        // One that was refused as it came holds nothing.
        let final = batch.parents.filter {
            $0.state.isFinal && !$0.keepsState && !(new.contains($0.id) && $0.admission == nil)
        }
        if !final.isEmpty {
            let released = [final.texts(\.id.text), .int64(batch.clock.nanoseconds)]
            statements.append(try PostgresStatement(file: "release_reservations", released))
        }
        return statements
    }

    private static func endedAt(_ parent: ParentUpdate, _ clock: Timestamp) -> Int64? {
        parent.state.isFinal ? (parent.result?.endedAt ?? clock).nanoseconds : nil
    }

    private static func states(
        _ parents: [ParentUpdate],
        _ account: AccountID,
        at clock: Timestamp
    ) throws -> PostgresStatement {
        try PostgresStatement(
            file: "update_parents",
            [
                .text(account.text), parents.texts(\.id.text), parents.texts(\.state.rawValue),
                parents.decimals { Int128($0.filled.units) },
                parents.texts { $0.admission?.verdict.algorithm.text },
                parents.decimals { $0.admission.map { Int128($0.arrival.price.units) } },
                parents.numbers { endedAt($0, clock) },
            ]
        )
    }

    private static func bodies(_ parents: [ParentUpdate]) throws -> [PostgresStatement] {
        let bodies = parents.filter { $0.admission != nil || $0.result != nil }
        guard !bodies.isEmpty else { return [] }
        let admissions = try bodies.map { try $0.admission.map { try Documents.encode($0) } }
        let results = try bodies.map { try $0.result.map { try Documents.encode($0) } }
        let values = [bodies.texts(\.id.text), admissions.texts(\.self), results.texts(\.self)]
        return [try PostgresStatement(file: "update_parent_bodies", values)]
    }

    private static func progress(_ parents: [ParentUpdate]) throws -> PostgresStatement {
        try PostgresStatement(
            file: "update_snapshots",
            [
                parents.texts(\.id.text), parents.decimals { Int128($0.filled.units) },
                parents.texts { $0.snapshot?.kind },
                parents.numbers(as: .integer) { $0.snapshot.map { Int64($0.version) } },
                parents.texts { $0.snapshot?.state },
            ]
        )
    }

    private static func reservations(_ parents: [ParentUpdate], _ account: AccountID) throws -> PostgresStatement {
        let held = parents.compactMap { parent in parent.admission.map { (parent.id.text, $0.reservation) } }
        return try PostgresStatement(
            file: "take_reservations",
            [
                .text(account.text), held.texts(\.0), held.texts(\.1.symbol.text), held.texts(\.1.side.rawValue),
                held.decimals { Int128($0.1.quantity.units) }, held.decimals(\.1.notional.units),
                held.decimals(\.1.cash.units), held.texts(\.1.cash.currency.rawValue),
            ]
        )
    }

    // MARK: Children

    /// The batch's intents, and its events beside them.
    static func intents(_ batch: EngineBatch, _ key: [PostgresValue], _ account: AccountID) throws -> PostgresStatement
    {
        let intents = batch.intents
        let columns = Self.columns(of: intents.map(\.order), account).dropFirst()
        return try PostgresStatement(
            file: "accept_intents",
            key + (try eventColumns(batch)) + columns
                + [intents.flags(\.opensExposure), intents.texts { $0.flattens?.text }]
        )
    }

    /// Child orders as columns, behind their account.
    static func columns(of orders: [ChildOrder], _ account: AccountID) -> [PostgresValue] {
        [
            .text(account.text), orders.texts(\.id.text), orders.texts(\.parent.text),
            orders.texts(\.instrument.symbol.text), orders.texts(\.side.rawValue),
            orders.decimals { Int128($0.request.quantity.units) }, orders.texts(\.request.type.name),
            orders.decimals { $0.request.type.limitPrice.map { Int128($0.units) } },
            orders.texts(\.request.timeInForce.rawValue), orders.numbers(as: .integer) { Int64($0.request.slice) },
            orders.numbers(\.requestTime.nanoseconds), orders.numbers(\.validFor.nanoseconds),
            orders.texts { $0.replaces?.text }, orders.numbers(as: .integer) { Int64($0.attempt ?? 1) },
        ]
    }

    private struct ChildChange {
        let id: ClientOrderID
        var update: ChildUpdate?
        var broker: BrokerOrderID?
        var reason: String?
    }

    /// The children's states, with the venue's ids and reasons, which only the events tell.
    static func children(_ batch: EngineBatch) throws -> PostgresStatement? {
        var changes: [ChildChange] = []
        var places: [ClientOrderID: Int] = [:]
        func change(_ id: ClientOrderID, _ set: (inout ChildChange) -> Void) {
            if let last = changes.last, last.id == id { return set(&changes[changes.count - 1]) }
            let place = places[id] ?? changes.count
            if place == changes.count {
                places[id] = place
                changes.append(ChildChange(id: id))
            }
            set(&changes[place])
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
        guard !changes.isEmpty else { return nil }
        return try PostgresStatement(
            file: "update_children",
            [
                changes.texts(\.id.text), changes.texts { $0.update?.life.rawValue },
                changes.texts { $0.update?.outstanding.rawValue },
                changes.decimals { $0.update.map { Int128($0.filled.units) } }, changes.texts { $0.broker?.text },
                changes.texts(\.reason), changes.decimals { $0.update?.open.map { Int128($0.units) } },
            ]
        )
    }

    // MARK: Events

    /// The events of a batch without intents.
    static func events(_ batch: EngineBatch) throws -> PostgresStatement {
        try PostgresStatement(file: "record_events", Array(try eventColumns(batch).prefix(3)))
    }

    /// One row for each parent: its facts, and the events of its intents, which depend on there being no halt.
    private static func eventColumns(_ batch: EngineBatch) throws -> [PostgresValue] {
        var groups = EventGroups()
        for (place, event) in batch.events.enumerated() { groups.add(place, to: event.parent, isIntent: false) }
        for (place, intent) in batch.intents.enumerated() { groups.add(place, to: intent.order.parent, isIntent: true) }
        var parents = PostgresArray(of: .text, capacity: groups.all.count)
        var numbers = PostgresArray(of: .integer, capacity: groups.all.count)
        var facts = PostgresArray(of: .text, capacity: groups.all.count * 32)
        var intended = PostgresArray(of: .text, capacity: groups.all.count * 32)
        var opens = PostgresArray(of: .bool, capacity: groups.all.count)
        var flattens = PostgresArray(of: .text, capacity: groups.all.count)
        var documents = EventDocuments()
        for group in groups.all {
            let first = group.facts.first.map { batch.events[$0] } ?? batch.intents[group.intents[0]].event
            parents.append(first.parent.text)
            numbers.append(Int64(first.sequence))
            for place in group.facts { try documents.append(line: batch.events[place]) }
            facts.append(text: documents.bytes)
            documents.removeAll()
            for place in group.intents { try documents.append(line: batch.intents[place].event) }
            intended.append(text: documents.bytes)
            documents.removeAll()
            opens.append(group.intents.contains { batch.intents[$0].opensExposure })
            flattens.append(group.intents.first.flatMap { batch.intents[$0].flattens?.text })
        }
        return [
            .array(parents), .array(numbers), .array(facts), .array(intended), .array(opens), .array(flattens),
        ]
    }

    /// The places of a batch's events by parent, in the order in which the parents come.
    private struct EventGroups {
        struct Group {
            var facts: [Int] = []
            var intents: [Int] = []
        }

        private(set) var all: [Group] = []
        private var places: [ParentOrderID: Int] = [:]
        private var last: (parent: ParentOrderID, place: Int)?

        mutating func add(_ place: Int, to parent: ParentOrderID, isIntent: Bool) {
            let group: Int
            if let last, last.parent == parent {
                group = last.place
            } else if let known = places[parent] {
                group = known
            } else {
                group = all.count
                places[parent] = group
                all.append(Group())
            }
            last = (parent, group)
            if isIntent { all[group].intents.append(place) } else { all[group].facts.append(place) }
        }
    }
}
