import RiskRules
import Testing
import TradingDomain

/// A stream of admissions, fills and releases from many runs on one account (I5).
private struct AccountModel {
    let limits: RiskLimits
    let names: [Instrument]
    var random: SeededGenerator
    var account: RiskSnapshot
    var live: [Reservation] = []

    init(seed: UInt64, allowShort: Bool) throws {
        random = SeededGenerator(seed: seed)
        limits = try RiskLimits(
            maxPositionPercent: FixedDecimal(Int.random(in: 5...80, using: &random)),
            maxOrderNotional: Bool.random(using: &random) ? FixedDecimal(9000) : nil,
            maxOrderQuantity: Bool.random(using: &random) ? Quantity(150) : nil,
            maxGrossExposurePercent: FixedDecimal(Int.random(in: 30...300, using: &random)),
            allowShort: allowShort,
            maxOpenParents: 6
        )
        names = try [("AAA", 1), ("BBB", 7), ("CCC", 10)].map { try shares($0.0, lot: $0.1) }
        var holdings: [RiskSnapshot.Holding] = []
        for name in names {
            let mark = Price(units: Int64.random(in: 100...20_000, using: &random) * 1_000_000)
            holdings.append(.init(instrument: name, mark: mark))
        }
        account = RiskSnapshot(
            account: AccountID(unchecked: "paper"),
            environment: .paper,
            equity: try usd("100000"),
            cash: try usd("100000"),
            dayStartEquity: try usd("100000"),
            holdings: holdings
        )
    }

    mutating func proposal() throws -> ProposedOrder {
        let name = names[Int.random(in: 0..<names.count, using: &random)]
        let lots = Int.random(in: 1...400, using: &random)
        let mark = try #require(account.holdings[name.symbol]?.mark)
        // Sized a moment ago, up to three percent away.
        let drift = FixedDecimal(Int.random(in: -300...300, using: &random))
        return ProposedOrder(
            instrument: name,
            side: Bool.random(using: &random) ? .buy : .sell,
            quantity: Quantity(units: name.lot.units * Int64(lots)),
            referencePrice: mark.worsened(byBps: drift, for: .buy),
            urgency: .medium,
            urgencySource: "test",
            note: ""
        )
    }

    /// Fills part of a live order at the mark, which leaves equity as it is.
    mutating func fill() throws {
        guard !live.isEmpty else { return }
        let index = Int.random(in: 0..<live.count, using: &random)
        let before = live[index]
        let holding = try #require(account.holdings[before.symbol])
        let lots = before.quantity.lots(of: holding.instrument.lot)
        guard lots > 0 else { return }
        let size = Quantity(units: holding.instrument.lot.units * Int64.random(in: 1...lots, using: &random))
        let notional = holding.instrument.notional(holding.mark, size)
        account.trade(before.side, holding.instrument, size, for: notional)
        live[index] = before.drawn(size)
        account.draw(before, to: live[index])
        if live[index].quantity == .zero { account.release(live.remove(at: index)) }
    }

    mutating func release() {
        guard !live.isEmpty else { return }
        account.release(live.remove(at: Int.random(in: 0..<live.count, using: &random)))
    }
}

@Suite("Limits hold for concurrent orders together")
struct ConcurrentAdmissionProperties {
    @Test("No stream of admissions, fills and releases breaks a limit", arguments: UInt64(0)..<150)
    func limitsHold(seed: UInt64) throws {
        let allowShort = seed.isMultiple(of: 3)
        var model = try AccountModel(seed: seed, allowShort: allowShort)
        var admitted = 0
        for step in 0..<80 {
            switch Int.random(in: 0..<4, using: &model.random) {
            case 0: try model.fill()
            case 1 where step.isMultiple(of: 3): model.release()
            default:
                let proposal = try model.proposal()
                let result = Admission.admit(proposal, model.account, model.limits)
                guard case .approved(let approved, let reservation, _) = result else { continue }
                #expect(approved.request.quantity <= proposal.quantity)
                model.account.reserve(reservation)
                model.live.append(reservation)
                admitted += 1
            }
            // Covers may need cash that was never asked for, so with shorts only the other limits are watched.
            let broken = RiskController.checkAllLimits(model.account, model.limits)
                .filter { !(allowShort && $0.rule == "cash") }
            #expect(broken.isEmpty, "seed \(seed) step \(step): \(broken.map(\.message))")
            #expect(model.account.openParents == model.live.count)
        }
        #expect(admitted > 0, "seed \(seed) admitted nothing")
        while let left = model.live.popLast() { model.account.release(left) }
        #expect(model.account.open.isEmpty, "seed \(seed)")
        #expect(model.account.reservedCash.units == 0, "seed \(seed)")
    }

    @Test("A shrunk order passes again, one lot more does not, and numbers fit the verdict", arguments: UInt64(0)..<150)
    func shrinking(seed: UInt64) throws {
        var model = try AccountModel(seed: seed, allowShort: seed.isMultiple(of: 2))
        for _ in 0..<30 {
            let proposal = try model.proposal()
            let judgement = RiskGate.judge(proposal, model.account, model.limits)
            for verdict in judgement.verdicts {
                guard let observed = verdict.observed, let limit = verdict.limit else { continue }
                if verdict.isViolation { #expect(observed > limit, "seed \(seed): \(verdict)") }
            }
            guard let approved = judgement.approved else { continue }
            let again = RiskGate.judge(approved, model.account, model.limits)
            #expect(again.violations.isEmpty, "seed \(seed): \(again.violations.map(\.message))")
            if judgement.isShrunk {
                var larger = approved
                larger.quantity += approved.instrument.lot
                #expect(
                    !RiskGate.judge(larger, model.account, model.limits).violations.isEmpty,
                    "seed \(seed): one more lot fits"
                )
            }
            let basket = RiskGate.evaluate([proposal], model.account, model.limits)
            #expect(basket.approved == [approved])
            if case .approved(_, let reservation, _) = Admission.admit(approved, model.account, model.limits) {
                model.account.reserve(reservation)
                model.live.append(reservation)
            }
            try model.fill()
        }
    }

    @Test("Falling prices never stop a reduction", arguments: UInt64(0)..<60)
    func reductionsPass(seed: UInt64) throws {
        var model = try AccountModel(seed: seed, allowShort: false)
        for _ in 0..<20 {
            let proposal = try model.proposal()
            guard case .approved(_, let reservation, _) = Admission.admit(proposal, model.account, model.limits)
            else { continue }
            model.account.reserve(reservation)
            model.live.append(reservation)
            try model.fill()
        }
        model.account.equity = try usd("1")
        model.account.isReconciled = false
        for name in model.names {
            let held = try #require(model.account.holdings[name.symbol]?.quantity)
            let free = held - model.account.openOrders(name.symbol).sells
            guard free > .zero else { continue }
            let exit = ProposedOrder(
                instrument: name,
                side: .sell,
                quantity: free,
                referencePrice: Price(units: 1),
                urgency: .critical,
                urgencySource: "test",
                note: ""
            )
            let judgement = RiskGate.judge(exit, model.account, model.limits)
            #expect(judgement.approved?.quantity == free, "seed \(seed): \(judgement.violations.map(\.message))")
        }
    }
}
