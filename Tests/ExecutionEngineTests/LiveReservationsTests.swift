import ExecutionAlgorithms
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
            check(bench.core, at: now, "seed \(seed), second \(second)")
        }
        bench.takeOver(at: Sample.at(300))
        check(bench.core, at: Sample.at(300), "seed \(seed), after a takeover")
    }

    private func check(_ core: EngineCore, at now: Timestamp, _ comment: Comment) {
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
    }
}
