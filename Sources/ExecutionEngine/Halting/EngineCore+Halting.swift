import OrderManagement
import Portfolio
import RiskRules
public import TradingDomain

/// A halt, from its first word to the proof that nothing can trade any more (RM-3).
extension EngineCore {
    /// Cancels what is worked, and begins the way to the proof where the venue can tell what it has.
    mutating func begin(_ halt: Halt, at now: Timestamp) {
        if configuration.reconciliation != nil {
            var watch = HaltWatch(halt, quiet: configuration.intentValidity + .seconds(2), at: now)
            watch.symbols = Set(workingSymbols + portfolio.openPositions.map(\.symbol))
            haltWatch = watch
        }
        cancelAll(halt, at: now)
    }

    /// Symbols in which the venue is to cancel everything, also what is not ours; `nil` when that was asked already.
    ///
    /// The caller asks the venue and tells what it answered: ``cancelledAll(_:_:at:)``.
    public var dueCancelAll: [Symbol]? {
        guard let haltWatch, haltWatch.wantsCancel else { return nil }
        return haltWatch.symbols.sorted()
    }

    /// Takes what the venue answered.
    public mutating func cancelledAll(_ answer: CancelAllAnswer, _ deadMan: DeadManAnswer, at now: Timestamp) {
        guard let watch = haltWatch else { return }
        haltWatch?.wantsCancel = false
        let names = watch.symbols.sorted().map(\.text).joined(separator: ", ")
        let note: String =
            switch answer {
            case .accepted: "the venue cancels everything in \(names.isEmpty ? "no symbol: none is known" : names)"
            case .unavailable(let reason): "the venue could not be asked to cancel: \(reason)"
            }
        haltWatch?.wasUnheard = answer != .accepted
        haltWatch?.lastNote = note
        guard note != watch.lastNote else { return }
        pending.halting.append(HaltStep(halt: watch.halt.id, kind: .cancelled, at: now, note: note))
        guard case .armed(let until?) = deadMan else { return }
        pending.halting.append(
            HaltStep(halt: watch.halt.id, kind: .armed, at: now, note: "the venue cancels by itself at \(until)")
        )
    }

    /// Whether the way to the proof is not over.
    public var isProvingHalt: Bool { haltWatch?.pollAt != nil }

    /// Whether the venue is to be asked what is open, for the proof.
    func isPollDue(at now: Timestamp) -> Bool { haltWatch?.pollAt.map { $0 <= now } ?? false }

    /// Takes a report of the venue as a poll.
    mutating func poll(_ report: BrokerAccountReport, at now: Timestamp) {
        guard var watch = haltWatch, watch.pollAt != nil else { return }
        guard !watch.isProven else { return flatten(report, at: now) }
        let unproven = unprovenChildren
        let wasQuiet = watch.quietSince
        let isProven = watch.polled(
            venueTime: report.venueTime,
            openOrders: report.openOrders,
            unproven: unproven,
            at: now
        )
        haltWatch = watch
        let id = watch.halt.id
        let (open, time) = (report.openOrders.count, report.venueTime)
        if isProven || wasQuiet == nil || watch.quietSince == nil {
            let note = watch.quietSince == nil ? "something may still trade" : "nothing is listed, nothing is unproven"
            pending.halting.append(
                HaltStep(
                    halt: id,
                    kind: .polled,
                    at: now,
                    venueTime: time,
                    openOrders: open,
                    unproven: unproven,
                    note: note
                )
            )
        }
        guard isProven, let first = watch.quietSince else { return }
        pending.halting.append(
            HaltStep(
                halt: id,
                kind: .proven,
                at: now,
                venueTime: time,
                note: "polls at \(first) and \(time) by the venue's clock list nothing, and no intent is unproven"
            )
        )
        if watch.halt.id == halt.halt?.id { flatten(report, at: now) }
    }

    /// Goes on from the proof where a flatten was asked for since.
    mutating func resumeFlatten(at now: Timestamp) {
        if haltWatch?.isProven == true { haltWatch?.resume(at: now) }
    }

    /// The venue could not be asked what is open.
    mutating func missedPoll(at now: Timestamp) { haltWatch?.missed(at: now) }

    /// Notes that no intent is on its way any more, once that is so.
    mutating func acknowledgeHalt(at now: Timestamp) {
        guard let watch = haltWatch, !watch.isAcknowledged, pending.intents.isEmpty,
            awaiting.allSatisfy(\.intents.isEmpty)
        else { return }
        haltWatch?.isAcknowledged = true
        pending.halting.append(
            HaltStep(
                halt: watch.halt.id,
                kind: .acknowledged,
                at: now,
                unproven: unprovenChildren,
                note: "nothing leaves any more"
            )
        )
    }

    /// Orders of ours whose end is not proven, lost ones among them.
    var unprovenChildren: Int {
        working.reduce(0) { sum, place in
            sum + sessions.all[place].children.values.count { !$0.life.isFinal || $0.isOpenQuestion }
        }
    }
}
