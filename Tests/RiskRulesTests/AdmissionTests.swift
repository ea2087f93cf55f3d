import RiskRules
import Testing
import TradingDomain

@Suite("Baskets and admission")
struct AdmissionTests {
    @Test("Orders of a basket share the limits, in their order")
    func basket() throws {
        let stock = try shares("NVDA")
        let orders = [order(.buy, 60, stock), order(.buy, 60, stock), order(.buy, 60, stock), order(.sell, 10, stock)]
        let result = RiskGate.evaluate(orders, try snapshot(), try RiskLimits())
        #expect(result.orders.map { $0.approved?.quantity } == [Quantity(60), Quantity(40), nil, nil])
        #expect(result.orders.map(\.isShrunk) == [false, true, false, false])
        #expect(result.orders[2].block?.code == "position_above_limit")
        #expect(result.orders[3].block?.code == "short_not_allowed")
        #expect(result.approved.count == 2)
        #expect(result.blocked.count == 2)
        #expect(result.verdicts.count == 4 * RiskRuleBook.standard.count)
    }

    @Test("Sells pay for later buys only when the workflow waits for them")
    func sellsFundBuys() throws {
        let stock = try shares("NVDA")
        let other = try shares("AMD")
        var account = try snapshot(held: 1000)
        account.holdings[other.symbol] = .init(instrument: other, mark: try price("100"))
        #expect(account.cash == .zero(.usd))
        let basket = [order(.sell, 500, stock), order(.buy, 100, other)]
        let strict = RiskGate.evaluate(basket, account, try RiskLimits(maxPositionPercent: FixedDecimal(100)))
        #expect(strict.approved.map(\.side) == [.sell])
        #expect(Set(strict.orders[1].violations.map(\.code)) == ["cash_insufficient", "gross_exposure_above_limit"])
        let funded = RiskGate.evaluate(
            basket,
            account,
            try RiskLimits(maxPositionPercent: FixedDecimal(100), sellsFundBuys: true)
        )
        #expect(funded.approved.map(\.quantity) == [Quantity(500), Quantity(100)])
    }

    @Test("Every rule is asked, also after a block")
    func allVerdicts() throws {
        let stock = try shares("NVDA")
        var account = try snapshot(equity: "90000")
        account.isReconciled = false
        let judgement = RiskGate.judge(order(.buy, 5, stock), account, try RiskLimits(restricted: [stock.symbol]))
        #expect(judgement.approved == nil)
        #expect(judgement.violations.map(\.rule) == ["reconciled", "restricted", "daily_loss"])
        #expect(judgement.block?.code == "account_not_reconciled")
        let listed = RiskController.checkAllLimits(
            order(.buy, 5, stock),
            account,
            try RiskLimits(restricted: [stock.symbol])
        )
        #expect(listed == judgement.violations)
    }

    @Test("Admission mints the proof and what to reserve, at the worse of both prices and with fees")
    func admit() throws {
        let stock = try shares("NVDA")
        let result = Admission.admit(order(.buy, 150, stock), try snapshot(mark: "102"), try RiskLimits())
        guard case .approved(let approved, let reservation, _) = result else {
            Issue.record("refused: \(String(describing: result.refusal))")
            return
        }
        #expect(approved.request.quantity == Quantity(98))
        #expect(reservation.notional == (try usd("9996")))
        #expect(reservation.cash == (try usd("10005.996")))
        let parent = approved.parent(
            id: ParentOrderID(digest: [UInt8](repeating: 7, count: 10)),
            account: AccountID(unchecked: "paper"),
            submittedAt: noon,
            deadline: noon
        )
        #expect(parent.request.quantity == Quantity(98))
        #expect(parent.request.side == .buy)
        let strict = Admission.admit(
            order(.buy, 150, stock),
            try snapshot(mark: "102"),
            try RiskLimits(),
            mayShrink: false
        )
        #expect(strict.refusal?.code == "position_above_limit")
    }

    @Test("A shrink below the venue's minimum blocks")
    func shrunkTooSmall() throws {
        let stock = try shares("NVDA", minimum: "1000")
        let judgement = RiskGate.judge(order(.buy, 50, stock), try snapshot(held: 95), try RiskLimits())
        #expect(judgement.block?.code == "notional_below_minimum")
    }

    @Test("A reservation is drawn by fills and ends at exactly nothing")
    func reservations() throws {
        let whole = try reservation(.buy, 3, at: 100)
        var account = try snapshot(reservations: [whole])
        let third = whole.drawn(Quantity(1))
        #expect(third.quantity == Quantity(2))
        #expect(third.cash == (try usd("200")))
        account.draw(whole, to: third)
        #expect(account.openOrders(whole.symbol).buys == Quantity(2))
        #expect(account.freeCash == (try usd("99800")))
        let rest = third.drawn(Quantity(5))
        #expect(rest.quantity == .zero)
        #expect(rest.notional.units == 0)
        #expect(rest.cash.units == 0)
        account.draw(third, to: rest)
        account.release(rest)
        #expect(account == (try snapshot()))
    }

    @Test("The account itself is held against every limit")
    func controller() throws {
        #expect(RiskController.checkAllLimits(try snapshot(held: 100), try RiskLimits()).isEmpty)
        var account = try snapshot(held: 1200, equity: "98000")
        account.isReconciled = false
        account.halt = .active(Halt(id: HaltID(unchecked: "h"), reason: "drill", by: "ann", since: noon))
        account.reserve(try reservation(.buy, 10, "AMD"))
        let limits = try RiskLimits(restricted: [try symbol("NVDA")])
        let found = RiskController.checkAllLimits(account, limits)
        #expect(
            found.map(\.rule) == [
                "kill_switch", "reconciled", "daily_loss", "gross_exposure", "cash", "max_position", "restricted",
            ]
        )
        #expect(found[5].symbol == (try symbol("NVDA")))
        #expect(found[5].observed == FixedDecimal(120_000))
        #expect(found[5].limit == FixedDecimal(9800))
        let short = RiskController.checkAllLimits(try snapshot(held: -10), try RiskLimits())
        #expect(short.map(\.code) == ["short_not_allowed"])
    }
}
