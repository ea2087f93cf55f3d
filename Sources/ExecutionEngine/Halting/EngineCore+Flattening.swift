import ExecutionAlgorithms
import MarketData
import OrderManagement
import Portfolio
import RiskRules
public import TradingDomain

/// A halt's flatten: closing what the account holds once nothing else of it can trade any more (RM-3, I6).
///
/// Each position that the venue shows is closed by market orders of our own that may only reduce it, as few as the venue's
/// largest size allows, journalled like any other and marked with the halt. They belong to one lease: whoever takes the
/// account cancels them like everything else, proves anew, and closes what is left then. So none is given while another may
/// still trade.
extension EngineCore {
    /// Takes a report of the venue after the proof: gives the next round of orders, or notes how it ended.
    mutating func flatten(_ report: BrokerAccountReport, at now: Timestamp) {
        guard var watch = haltWatch, let halt = halt.halt, halt.flattens else {
            haltWatch?.rest()
            return
        }
        watch.missed(at: now)
        defer { haltWatch = watch }
        // What is on its way comes first; what it leaves is closed by the next round.
        guard watch.rounds.orders.values.joined().allSatisfy({ results[$0] != nil }), unprovenChildren == 0 else {
            return watch.rounds.wait(at: now)
        }
        guard report.openOrders.isEmpty else { return watch.reopen(report.openOrders, at: now) }
        let held = positions(in: report)
        if held.isEmpty {
            watch.rest()
            let note = "the venue's report at \(report.venueTime) shows no position and no open order"
            return step(.flat, halt, note, report, at: now)
        }
        guard watch.rounds.isOver(at: now) else { return }
        guard watch.rounds.goesOn(held) else {
            watch.rest()
            return tellUnflattened(held, watch.rounds, halt, report, at: now)
        }
        watch.rounds.begin(at: now)
        for (symbol, quantity) in held { close(symbol, quantity, halt, &watch.rounds, at: now) }
        let orders = flattening.map { "\($0.order.side.rawValue) \($0.order.quantity) \($0.order.symbol)" }
        let problems = watch.rounds.problems.sorted { $0.key < $1.key }.map(\.value)
        let note = "round \(watch.rounds.count): \((orders + problems).joined(separator: "; "))"
        step(.flattening, halt, note, report, at: now)
    }

    /// Orders of a flatten, for the caller to record and then to hand back as submitted.
    public mutating func takeFlattening() -> [ParentSubmission] {
        defer { flattening = [] }
        return flattening
    }

    /// Whether an order that belongs to a flatten may be admitted: only one that this engine has just given for the halt
    /// that is in force.
    func isFlattening(_ submission: ParentSubmission) -> Bool {
        guard let id = submission.flattens, let watch = haltWatch, watch.halt.id == id else { return false }
        return watch.isProven && watch.rounds.orders[submission.order.symbol]?.contains(submission.id) == true
    }

    /// Symbols that are held, here or at the venue as a flatten was shown, and have no price: whoever brings the market's
    /// data should see to it that they get one.
    public var unpricedSymbols: [Symbol] {
        let held = portfolio.openPositions.map(\.symbol) + (haltWatch.map { Array($0.rounds.problems.keys) } ?? [])
        return Set(held).filter { board.mid($0) == nil }.sorted()
    }

    /// Cancels what the flatten of a halt that is over still works.
    mutating func endFlatten(at now: Timestamp) {
        flattening = []
        for place in working {
            let id = sessions.all[place].parent.id
            guard let ended = submissions[id]?.flattens, ended != halt.halt?.id else { continue }
            command(ParentCommand(parent: id, kind: .cancel, reason: "the halt that asked for it is over"), at: now)
        }
    }

    /// What the venue says is held, by symbol; our books where it keeps none.
    private func positions(in report: BrokerAccountReport) -> [(symbol: Symbol, quantity: Quantity)] {
        let all: [(symbol: Symbol, quantity: Quantity)] =
            report.positions.map { $0.map { (symbol: $0.key, quantity: $0.value) } }
            ?? portfolio.openPositions.map { (symbol: $0.symbol, quantity: $0.quantity) }
        return all.filter { !$0.quantity.isZero }.sorted { $0.symbol < $1.symbol }
    }

    private mutating func close(
        _ symbol: Symbol,
        _ held: Quantity,
        _ halt: Halt,
        _ rounds: inout FlattenRounds,
        at now: Timestamp
    ) {
        guard let instrument = configuration.instrument(symbol) else {
            rounds.problems[symbol] = "\(held) \(symbol): the instrument is not known here"
            return
        }
        guard let price = board.mid(symbol) else {
            rounds.problems[symbol] = "\(held) \(symbol): it has no price here"
            return
        }
        let quantity = held.magnitude.rounded(toLot: instrument.lot)
        guard quantity > .zero else {
            rounds.problems[symbol] = "\(held) \(symbol): it is less than a lot of \(instrument.lot)"
            return
        }
        for (number, piece) in Self.pieces(of: quantity, instrument).enumerated() {
            let id = Self.flatteningID("\(halt.id)|\(account)|\(symbol)|\(lease.epoch)|\(rounds.key)|\(number)")
            rounds.orders[symbol, default: []].append(id)
            flattening.append(
                ParentSubmission(
                    id: id,
                    account: account,
                    order: ProposedOrder(
                        instrument: instrument,
                        side: held > .zero ? .sell : .buy,
                        quantity: piece,
                        referencePrice: price,
                        urgency: .critical,
                        urgencySource: "kill switch",
                        note: "flatten of halt \(halt.id): \(halt.reason) (by \(halt.by))"
                    ),
                    choice: .explicit(.market, AlgorithmParameters()),
                    run: nil,
                    stepPath: nil,
                    submittedAt: now,
                    seed: UInt64(rounds.count),
                    flattens: halt.id
                )
            )
        }
    }

    /// So many orders of a symbol a round gives at most: what they leave is the next round's, and a venue limits how many
    /// come at once.
    private static let piecesMost = 10

    /// A quantity as market orders that the venue takes.
    private static func pieces(of quantity: Quantity, _ instrument: Instrument) -> [Quantity] {
        let most = (instrument.marketMost ?? quantity).rounded(toLot: instrument.lot)
        guard most > .zero else { return [quantity] }
        var pieces: [Quantity] = []
        var rest = quantity
        while rest > .zero, pieces.count < piecesMost {
            pieces.append(min(rest, most))
            rest = rest - min(rest, most)
        }
        return pieces
    }

    private mutating func tellUnflattened(
        _ held: [(symbol: Symbol, quantity: Quantity)],
        _ rounds: FlattenRounds,
        _ halt: Halt,
        _ report: BrokerAccountReport,
        at now: Timestamp
    ) {
        let names = held.map { symbol, quantity in
            if let problem = rounds.problems[symbol] { return problem }
            let result = rounds.orders[symbol]?.last.flatMap { results[$0] }
            return
                "\(quantity) \(symbol): \(result.map { "\($0.state.rawValue), \($0.reason)" } ?? "it appeared at last")"
        }.joined(separator: "; ")
        step(.unflattened, halt, "after \(rounds.count) rounds still held: \(names)", report, at: now)
        alert(
            "flatten_incomplete",
            "The halt's flatten has given \(rounds.count) rounds of orders, and the venue still shows \(names). "
                + "Close it by hand at the venue.",
            parent: nil,
            at: now
        )
    }

    private mutating func step(
        _ kind: HaltStep.Kind,
        _ halt: Halt,
        _ note: String,
        _ report: BrokerAccountReport,
        at now: Timestamp
    ) {
        pending.halting.append(
            HaltStep(
                halt: halt.id,
                kind: kind,
                at: now,
                venueTime: report.venueTime,
                openOrders: report.openOrders.count,
                unproven: unprovenChildren,
                note: note
            )
        )
    }

    /// An id that follows from what the order is for.
    ///
    /// FNV-1a from two starts: ten bytes that spread well. Source: Fowler, Noll and Vo, 1991.
    private static func flatteningID(_ text: String) -> ParentOrderID {
        let halves = [0xCBF2_9CE4_8422_2325, 0x9AE1_6A3B_2F90_404F as UInt64].map { start in
            text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
        let bytes = halves.flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (8 * $0)) } }
        return ParentOrderID(digest: bytes.suffix(10))
    }
}
