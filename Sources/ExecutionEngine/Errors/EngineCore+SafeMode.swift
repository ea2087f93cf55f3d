import ExecutionAlgorithms
import OrderManagement
import Portfolio
import RiskRules
import TradingDomain

extension EngineCore {
    /// Sizes and values beyond this are no trades: sums of them must not overflow.
    private static let mostUnits = Int64.max / 1024

    // MARK: Safe mode

    /// Puts the account into safe mode by something that nobody foresaw, alerts, and cancels what adds exposure (OP-11).
    ///
    /// The first reason stands; the alert tells each.
    mutating func distrust(_ code: String, _ message: String, parent: ParentOrderID?, at now: Timestamp) {
        alert(code, message, parent: parent, at: now)
        guard safeMode == nil else { return }
        enter(SafeMode(code: code, reason: message, since: now), at: now)
        pending.safeMode = safeMode
    }

    /// Takes note of the safe mode as the journal has it.
    mutating func apply(safeMode state: SafeMode?, at now: Timestamp) {
        // What this engine has just entered and not committed yet, nobody can have ended.
        guard pending.safeMode == nil else { return }
        guard let state else {
            safeMode = nil
            return
        }
        if safeMode == nil { enter(state, at: now) }
    }

    private mutating func enter(_ mode: SafeMode, at now: Timestamp) {
        safeMode = mode
        for place in working where addsExposure(place) {
            let parent = sessions.all[place].parent.id
            command(ParentCommand(parent: parent, kind: .cancel, reason: "safe mode: \(mode.code)"), at: now)
        }
    }

    /// Whether what a parent still works could bring its position farther from flat.
    func addsExposure(_ place: Int) -> Bool {
        let session = sessions.all[place]
        // The venue lets it reduce and nothing else, whatever our books say.
        guard submissions[session.parent.id]?.flattens == nil else { return false }
        let held = portfolio.position(session.parent.symbol).quantity
        let left = session.parent.quantity - session.progress.filled
        return session.parent.side == .buy ? held + left > .zero : held - left < .zero
    }

    // MARK: What cannot be

    /// Why a report cannot be true of any order of this account; `nil` for one that can.
    ///
    /// Late, repeated and unexpected reports are normal and none of this: sessions deal with them.
    func contradiction(in event: BrokerEvent) -> String? {
        switch event {
        case .filled(let fill): contradiction(in: fill)
        case .cancelled(_, let executed), .expired(_, let executed), .replaced(_, _, _, let executed, _):
            executed < .zero || executed.units > Self.mostUnits ? "it tells of \(executed) executed" : nil
        case .acknowledged, .rejected, .cancelRefused, .notPlaced, .unknown: nil
        }
    }

    private func contradiction(in fill: Fill) -> String? {
        guard fill.account == account else { return "it belongs to account \(fill.account)" }
        guard fill.quantity > .zero, fill.quantity.units <= Self.mostUnits else {
            return "its quantity is \(fill.quantity)"
        }
        guard fill.price > .zero else { return "its price is \(fill.price)" }
        let currency = configuration.currency
        guard fill.notional.currency == currency, fill.commission.currency == currency else {
            return
                "it is in \(fill.notional.currency) with a commission in \(fill.commission.currency), the account in \(currency)"
        }
        guard let parent = fill.clientOrderID.parts.flatMap({ sessions[$0.parent] })?.parent else { return nil }
        guard fill.symbol == parent.symbol, fill.side == parent.side else {
            return "it tells of \(fill.side) \(fill.symbol), the order was \(parent.side) \(parent.symbol)"
        }
        let value = parent.instrument.notional(fill.price, fill.quantity)
        guard fill.notional == value else { return "its value is \(fill.notional), price × quantity is \(value)" }
        return nil
    }

    /// Refuses a report that cannot be true: nothing of it is booked, and a person has to look.
    ///
    /// - Returns: Whether it was refused.
    mutating func refuses(_ event: BrokerEvent, at now: Timestamp) -> Bool {
        guard let why = contradiction(in: event) else { return false }
        distrust(
            "broker_contradiction",
            "A report of the broker about \(event.order) cannot be true: \(why). It was not booked; compare the account with the "
                + "venue's own statement.",
            parent: event.order.parts?.parent,
            at: now
        )
        return true
    }

    /// Looks at a journal's answer for what it cannot say.
    mutating func examine(_ receipt: BatchReceipt, of intents: [Intent], at now: Timestamp) {
        let asked = Set(intents.map(\.order.id))
        guard let stranger = receipt.refused.keys.filter({ !asked.contains($0) }).min(by: { $0.text < $1.text }) else {
            return
        }
        distrust(
            "journal_contradiction",
            "The journal refused \(stranger), which was not in the batch. What it accepted is worked on; run `smartexec verify`.",
            parent: stranger.parts?.parent,
            at: now
        )
    }

    /// Why a stored parent cannot be brought back; `nil` for a sound one.
    func contradiction(in record: ParentRecord) -> String? {
        let id = record.submission.id
        if record.submission.account != account { return "it belongs to account \(record.submission.account)" }
        if submissions[id] != nil { return "it is there twice" }
        if let admitted = record.admission?.parent.id, admitted != id { return "its admission is that of \(admitted)" }
        if let stray = record.events.first(where: { $0.parent != id }) { return "it holds an event of \(stray.parent)" }
        if record.admission == nil, !record.events.isEmpty { return "it has events and was never admitted" }
        return nil
    }

    // MARK: Algorithms that cannot be kept

    /// Stops parents whose algorithm could not encode its state: after a crash nobody could go on with them.
    mutating func stopUnkept(at now: Timestamp) {
        let unkept = self.unkept
        self.unkept = []
        for (id, reason) in unkept where stopped.insert(id).inserted {
            alert(
                "snapshot_unencodable",
                "The algorithm of parent \(id) could not store its state, so the parent ends: \(reason). Correct its `encode(to:)`.",
                parent: id,
                at: now
            )
            command(ParentCommand(parent: id, kind: .cancel, reason: "its algorithm's state cannot be stored"), at: now)
        }
    }
}
