import ExecutionAlgorithms
import MarketData
import OrderManagement
import Portfolio
import RiskRules
public import TradingDomain

extension EngineCore {
    /// Alerts that are remembered; more of them in one lease are a flood in which repeats do not matter.
    private static let alertedMost = 10_000

    // MARK: Effects of sessions

    /// Collects what a session wants: records and intents for the journal, cancels for the broker.
    ///
    /// - Parameters:
    ///   - effects: As the session gave them.
    ///   - place: The session's.
    ///   - reservation: What the parent holds of the account from now on, where an amendment made it larger.
    ///   - now: Business time.
    mutating func perform(
        _ effects: [ExecutionSession.Effect],
        of place: Int,
        reserving reservation: Reservation? = nil,
        at now: Timestamp
    ) {
        guard !effects.isEmpty else { return }
        let parent = sessions.all[place].parent
        for effect in effects {
            switch effect {
            case .record(let event):
                pending.events.append(event)
                absorb(event, of: place, reserving: reservation, at: now)
            case .place(let order, let event):
                pending.intents.append(
                    Intent(
                        order: order,
                        event: event,
                        opensExposure: addsExposure(place),
                        flattens: submissions[order.parent]?.flattens
                    )
                )
                for id in [order.replaces, order.replaces == nil ? nil : order.id].compactMap(\.self) {
                    pending.children.append(id)
                }
            case .cancel(let child):
                pending.cancels.append(.cancel(child, parent.symbol))
                pending.children.append(child)
            case .alert(let code, let message):
                alert(code, message, parent: parent.id, at: now)
            }
        }
        touch(parent.id)
    }

    /// What a journalled event means for the account: fills move the ledger, an end frees the reservation.
    private mutating func absorb(
        _ event: JournaledEvent,
        of place: Int,
        reserving reservation: Reservation?,
        at now: Timestamp
    ) {
        switch event.event {
        case .child(_, .filled(let fill)):
            book(fill)
            watch(fill, of: place, at: now)
            // A late fill of a parent that has ended changes no record.
            if results[event.parent] == nil {
                paid[event.parent, default: 0] += Int128(fill.price.units) * Int128(fill.quantity.units)
            }
        case .parent(.amended(let amendment)):
            absorb(amendment, of: place, reserving: reservation)
        case .parent(.finished(let state, let reason)):
            finish(place, state, reason, at: now)
        case .parent, .child:
            break
        }
    }

    /// Books a fill once.
    ///
    /// - Returns: Whether it was new; a trade that was booked before, by whoever held the account, counts once.
    @discardableResult
    private mutating func book(_ fill: Fill) -> Bool {
        do {
            let entry = try LedgerEntry(fill)
            guard try ledger.book(entry) else { return false }
            changed(fill.symbol)
            pending.ledger.append(entry)
        } catch {
            alert(error.code, "\(error)", parent: fill.clientOrderID.parts?.parent, at: fill.tradedAt)
        }
        pending.fills.append(fill)
        pending.symbols.insert(fill.symbol)
        return true
    }

    /// Counts a fill that leads to no session of ours, so that positions stay those of the venue.
    mutating func adopt(_ fill: Fill, at now: Timestamp) {
        if book(fill) { alertUnattributed(fill, at: now) }
    }

    mutating func alertUnattributed(_ fill: Fill, at now: Timestamp) {
        guard fill.clientOrderID.parts != nil else {
            let isForced = fill.clientOrderID.isLiquidation
            return alert(
                isForced ? "liquidation" : "external_fill",
                "Trade \(fill.tradeID): \(fill.side.rawValue) \(fill.quantity) \(fill.symbol) at \(fill.price) belongs to order "
                    + "\(fill.clientOrderID), which is not ours\(isForced ? ": the venue closed a position by force" : ""). "
                    + "It was booked.",
                parent: nil,
                at: now
            )
        }
        alert(
            "unattributed_fill",
            "Trade \(fill.tradeID) of \(fill.quantity) \(fill.symbol) belongs to order \(fill.clientOrderID), of which "
                + "there is no record. It was booked; find out who sent that order.",
            parent: fill.clientOrderID.parts?.parent,
            at: now
        )
    }

    private mutating func finish(_ place: Int, _ state: ParentState, _ reason: String, at now: Timestamp) {
        let id = sessions.all[place].parent.id
        guard let admission = admissions[id] else { return }
        let view = board.view(at: instruments[place])
        let volume = view.map { $0.cumulativeVolume - admission.arrival.cumulativeVolume } ?? .zero
        let turnover = view.map { $0.cumulativeTurnover - admission.arrival.cumulativeTurnover } ?? .zero
        results[id] = ExecutionResult(
            state: state,
            reason: reason,
            refusalCode: halt.halt != nil && state != .filled && submissions[id]?.flattens == nil ? "KILL_SWITCH" : nil,
            endedAt: now,
            intervalVolume: max(volume, .zero),
            intervalTurnover: max(turnover, .zero),
            endPrice: view?.mid,
            checks: admission.checks
        )
        judge(place, state, at: now)
        learn(admission.parent, admission.arrival.price, sessions.all[place].progress.filled, at: now)
        leave(place)
    }

    mutating func alert(_ code: String, _ message: String, parent: ParentOrderID?, at now: Timestamp) {
        let alert = EngineAlert(code: code, message: message, parent: parent, at: now)
        if alerted.count >= Self.alertedMost { alerted.removeAll() }
        if alerted.insert(alert.key).inserted { pending.alerts.append(alert) }
    }

    mutating func touch(_ id: ParentOrderID) {
        pending.touched.append(id)
    }

    /// The market as an algorithm sees it, of the instrument at a place of the board.
    func seen(at instrument: Int) -> MarketSeen? {
        board.view(at: instrument).map { seen($0) }
    }

    func seen(_ view: MarketView) -> MarketSeen {
        MarketSeen(
            bid: view.quote?.bid,
            ask: view.quote?.ask,
            last: view.last,
            at: view.quote?.at ?? view.lastAt ?? Timestamp(nanoseconds: 0),
            bidSize: view.quote?.bidSize,
            askSize: view.quote?.askSize,
            volume: view.cumulativeVolume,
            bidLiquidity: view.depth?.levels.liquidity(of: .buy),
            askLiquidity: view.depth?.levels.liquidity(of: .sell)
        )
    }

    func environment(sequence: Int, of submission: ParentSubmission) -> SessionEnvironment {
        SessionEnvironment(
            sequence: sequence,
            incarnation: lease.incarnation,
            seed: submission.seed,
            validFor: configuration.intentValidity,
            childAgeMax: configuration.childAgeMax,
            retries: configuration.retries,
            reduceOnly: submission.flattens != nil
        )
    }

    func wasAcknowledged(_ child: ClientOrderID) -> Bool { acknowledged.contains(child) }

    // MARK: Batches

    /// Everything since the last batch, as one transaction; `nil` when there is nothing to make durable.
    public mutating func takeBatch(at now: Timestamp) -> EngineBatch? {
        acknowledgeHalt(at: now)
        guard
            !(pending.submissions.isEmpty && pending.events.isEmpty && pending.alerts.isEmpty && pending.intents.isEmpty
                && pending.touched.elements.isEmpty && pending.ledger.isEmpty && pending.done.isEmpty
                && !hasNewsOfVenue && pending.requests.isEmpty && pending.cancels.isEmpty
                && pending.halting.isEmpty)
        else { return nil }
        batches += 1
        var batch = EngineBatch(sequence: batches, clock: now)
        batch.follows = batches > 1 ? batches - 1 : nil
        batch.submissions = pending.submissions
        batch.events = pending.events
        batch.fills = pending.fills
        batch.ledger = pending.ledger
        batch.alerts = pending.alerts
        batch.intents = pending.intents
        batch.done = pending.done
        batch.slippages = pending.slippages
        batch.safeMode = pending.safeMode
        batch.reconciliation = pending.reconciliation
        if let record = batch.reconciliation { reconciliation?.isStoredReconciled = record.state.isReconciled }
        batch.requests = pending.requests
        batch.found = pending.found
        batch.halting = pending.halting
        for id in pending.touched.elements { batch.parents.append(update(id)) }
        batch.children = pending.children.elements.compactMap(childUpdate)
        batch.positions = pending.symbols.sorted().compactMap { portfolio.positions[$0] }
        awaiting.append(Awaiting(intents: pending.intents, cancels: pending.cancels))
        pending = Pending()
        stopUnkept(at: now)
        return batch
    }

    /// A batch with nothing but the word that an error of `code` ended this engine, for when its own cannot be committed.
    mutating func lastWord(_ code: String, _ message: String, at now: Timestamp) -> EngineBatch {
        batches += 1
        var batch = EngineBatch(sequence: batches, clock: now)
        batch.safeMode = SafeMode(code: code, reason: message, since: now)
        batch.alerts = [EngineAlert(code: code, message: message, parent: nil, at: now)]
        return batch
    }

    /// Takes the journal's answer to the oldest batch that has none: refused intents go back to their sessions; the rest
    /// may be sent.
    ///
    /// - Returns: What may leave now, intents in the order they were made, then cancels.
    public mutating func settle(_ receipt: BatchReceipt, at now: Timestamp) -> [BrokerCommand] {
        precondition(!awaiting.isEmpty, "an answer to no batch of account \(account)")
        let settled = awaiting.removeFirst()
        examine(receipt, of: settled.intents, at: now)
        var commands: [BrokerCommand] = []
        for intent in settled.intents {
            guard let refusal = receipt.refused[intent.order.id] else {
                if let halt = halt.halt, intent.flattens != halt.id {
                    // Committed before the halt, and not sent: it never will be.
                    broker(.notPlaced(intent.order.id, reason: "the kill switch came first: \(halt.reason)"), at: now)
                    continue
                }
                commands.append(intent.order.replaces == nil ? .place(intent.order) : .replace(intent.order))
                watch(intent.order)
                continue
            }
            let id = intent.order.parent
            guard let place = sessions.place(of: id) else { continue }
            let market = seen(at: instruments[place])
            let effects = sessions.all[place].refuse(
                intent.order.id,
                code: refusal.code,
                message: refusal.message,
                at: now,
                market: market
            )
            keep(place)
            if let old = intent.order.replaces { pending.children.append(old) }
            perform(effects, of: place, at: now)
        }
        // A child whose intent was refused never existed; there is nothing to cancel, now or with a batch made since.
        let cancels = settled.cancels.filter { receipt.refused[$0.order] == nil }
        for cancel in cancels { watchCancel(of: cancel.order, at: now) }
        commands += cancels
        if !receipt.refused.isEmpty {
            for batch in awaiting.indices { awaiting[batch].cancels.removeAll { receipt.refused[$0.order] != nil } }
            pending.cancels.removeAll { receipt.refused[$0.order] != nil }
        }
        apply(halt: receipt.halt, at: now)
        apply(safeMode: receipt.safeMode, at: now)
        for requested in receipt.commands { apply(requested, at: now) }
        return commands
    }

    /// Applies a command that the journal holds, once per engine, and notes it as done with what it causes.
    ///
    /// A cancel that comes before its parent's admission is done when that parent is refused because of it.
    mutating func apply(_ requested: RequestedCommand, at now: Timestamp) {
        guard noted.insert(requested.number).inserted else { return }
        let id = requested.command.parent
        command(requested.command, at: now)
        if requested.command.kind == .cancel, early[id] != nil {
            earlyNumbers[id, default: []].append(requested.number)
        } else {
            pending.done.append(requested.number)
        }
    }

    private mutating func update(_ id: ParentOrderID) -> ParentUpdate {
        var update = ParentUpdate(id: id, state: results[id]?.state ?? .working, filled: .zero)
        update.result = results[id]
        guard let place = sessions.place(of: id) else { return update }
        update.state = sessions.all[place].state
        let isNew = pending.admitted.contains(id)
        update.keepsState = update.result == nil && !isNew && journalled[place] == update.state
        journalled[place] = update.state
        update.filled = sessions.all[place].progress.filled
        if isNew { update.admission = admissions[id] }
        do {
            update.snapshot = try catalog.snapshot(sessions.all[place].algorithm)
        } catch {
            if !update.state.isFinal { unkept.append((id, "\(error)")) }
        }
        return update
    }

    private func childUpdate(_ id: ClientOrderID) -> ChildUpdate? {
        guard let parent = id.parts?.parent, let child = sessions[parent]?.children[id] else { return nil }
        return ChildUpdate(
            id: id,
            life: child.life,
            outstanding: child.outstanding,
            filled: child.filled,
            open: child.open
        )
    }
}

/// Elements in the order they came, each once.
struct OrderedSet<Element: Hashable & Sendable>: Sendable {
    private(set) var elements: [Element] = []
    private var known: Set<Element> = []

    mutating func append(_ element: Element) {
        if known.insert(element).inserted { elements.append(element) }
    }
}
