import ExecutionAlgorithms
import MarketData
import OrderManagement
import RiskRules
import Testing
import TradingDomain

@testable import ExecutionEngine

@Suite("What open parents have reserved")
struct LiveReservationsTests {
    @Test("The running sum is what adding up every open parent gives", arguments: UInt64(0)..<30)
    func sum(seed: UInt64) throws {
        var random = Seeded(state: seed)
        var bench = try CoreBench(try Sample.limits(requireCash: false))
        let letters = (0..<12).map { String(UnicodeScalar(UInt8(97 + $0))) }
        for symbol in [Sample.nvda, Sample.aapl] { bench.core.apply(.market(Sample.bar(symbol)), at: Sample.open) }
        var open: [ChildOrder] = []
        for second in 0..<300 {
            let now = Sample.at(second)
            if second.isMultiple(of: 10), let letter = letters.dropFirst(second / 10).first {
                let symbol = Bool.random(using: &random) ? Sample.nvda : Sample.aapl
                let quantity = Int.random(in: 1...60, using: &random)
                bench.submit(Sample.submission(letter, symbol, quantity: quantity, urgency: .high, at: now), at: now)
            }
            open += bench.turn(at: now).placed
            if let order = open.randomElement(using: &random), Bool.random(using: &random) {
                let part = Quantity(Int.random(in: 1...20, using: &random))
                let fill = Sample.fill(order, min(part, order.request.quantity), trade: "\(second)", at: now)
                bench.core.apply(.broker(.filled(fill)), at: now)
            }
            if second == 150 {
                let stopped = ParentCommand(parent: Sample.parentID("c"), kind: .cancel, reason: "test")
                bench.core.command(stopped, at: now)
            }
            check(&bench.core, at: now, "seed \(seed), second \(second)")
        }
        bench.takeOver(at: Sample.at(300))
        check(&bench.core, at: Sample.at(300), "seed \(seed), after a takeover")
    }

    private func check(_ core: inout EngineCore, at now: Timestamp, _ comment: Comment) {
        let found = core.riskSnapshot(at: now)
        let open = core.working.compactMap { place -> Reservation? in
            let session = core.sessions.all[place]
            return core.admissions[session.parent.id]?.reservation.drawn(session.progress.filled)
        }
        let expected = RiskSnapshot(
            account: found.account,
            environment: found.environment,
            equity: found.equity,
            cash: found.cash,
            dayStartEquity: found.dayStartEquity,
            holdings: Array(found.holdings.values),
            reservations: open,
            halt: found.halt,
            isReconciled: found.isReconciled,
            isSessionOpen: found.isSessionOpen
        )
        #expect(found == expected, comment)
        #expect(core.working.allSatisfy { !core.sessions.all[$0].state.isFinal }, comment)
        if Int((now - Sample.open).seconds).isMultiple(of: 20) { judgeByName(&core, found, at: now, comment) }
    }

    /// Orders judged on the names that they are about, and the sums of all else, are judged as on the whole account.
    private func judgeByName(_ core: inout EngineCore, _ found: RiskSnapshot, at now: Timestamp, _ comment: Comment) {
        let limits = core.configuration.limits
        #expect(core.liveEquity() == core.equity(), comment)
        for named in [[], [Sample.nvda], [Sample.aapl], [Sample.nvda, Sample.aapl, Sample.symbol("MSFT")]] {
            let instruments = named.map { Instrument(symbol: $0) }
            let narrow = core.riskSnapshot(at: now, naming: instruments)
            var whole = found
            for instrument in instruments where whole.holdings[instrument.symbol] == nil {
                guard let mark = core.board.mid(instrument.symbol) else { continue }
                whole.holdings[instrument.symbol] = RiskSnapshot.Holding(instrument: instrument, mark: mark)
            }
            #expect(narrow.equity == whole.equity && narrow.dayStartEquity == whole.dayStartEquity, comment)
            #expect(narrow.freeCash == whole.freeCash && narrow.openParents == whole.openParents, comment)
            let orders = named.flatMap { symbol in
                [Side.buy, .sell].map { side in
                    Sample.submission("z", symbol, side: side, quantity: 200, at: now).order
                }
            }
            let judged = RiskGate.evaluate(orders, narrow, limits)
            #expect(judged == RiskGate.evaluate(orders, whole, limits), comment)
            #expect(BasketPath(orders, narrow, limits) == BasketPath(orders, whole, limits), comment)
        }
    }
}
