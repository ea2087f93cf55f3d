import Foundation
import RiskRules
import Testing
import TradingDomain

@Suite("Rules, one by one")
struct RuleTests {
    /// The first violation as `code` or `code from→to`, or `ok`.
    private func finding(_ rule: any RiskRule, _ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits)
        -> String
    {
        let verdict = rule.judge(order, snapshot, limits)
        #expect(verdict.rule == rule.name)
        #expect(!verdict.message.isEmpty)
        switch verdict.outcome {
        case .pass: return verdict.code
        case .block: return verdict.code
        case .shrink(let from, let to):
            #expect(verdict.message.contains("\(to)"))
            return "\(verdict.code) \(from)→\(to)"
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let side: Side
        let quantity: Int
        var held = 0
        var openBuys = 0
        var openSells = 0
        let expected: String
        var testDescription: String { "\(side) \(quantity) with \(held) held, +\(openBuys) −\(openSells)" }
    }

    private func account(_ row: Case) throws -> RiskSnapshot {
        var reservations: [Reservation] = []
        if row.openBuys > 0 { reservations.append(try reservation(.buy, row.openBuys)) }
        if row.openSells > 0 { reservations.append(try reservation(.sell, row.openSells)) }
        return try snapshot(held: row.held, reservations: reservations)
    }

    @Test("The largest order that can be written is refused by its numbers")
    func largestOrder() throws {
        var huge = order(.buy, 1, try shares("NVDA"))
        huge.quantity = Quantity(92_233_720_368)
        let account = try snapshot(held: 57)
        let judgement = RiskGate.judge(huge, account, try RiskLimits(shrinkToFit: false))
        #expect(judgement.block?.code == "position_above_limit")
        let shrunk = RiskGate.judge(huge, account, try RiskLimits(maxOrderQuantity: Quantity(92_233_720_368)))
        #expect(shrunk.approved?.quantity == Quantity(43))
    }

    @Test(
        "Max position: 10 % of 100000 at 100 are 100 shares",
        arguments: [
            Case(side: .buy, quantity: 100, expected: "ok"),
            Case(side: .buy, quantity: 101, expected: "position_above_limit 101→100"),
            Case(side: .buy, quantity: 50, held: 60, expected: "position_above_limit 50→40"),
            Case(side: .buy, quantity: 50, held: 30, openBuys: 30, expected: "position_above_limit 50→40"),
            // Sells on their way may not fill, so they make no room.
            Case(side: .buy, quantity: 50, held: 60, openSells: 60, expected: "position_above_limit 50→40"),
            Case(side: .buy, quantity: 1, held: 100, expected: "position_above_limit"),
            Case(side: .sell, quantity: 500, held: 500, expected: "ok"),
            Case(side: .buy, quantity: 500, held: -500, expected: "ok"),
            Case(side: .buy, quantity: 700, held: -500, expected: "position_above_limit 700→600"),
            Case(side: .sell, quantity: 700, held: 500, expected: "position_above_limit 700→600"),
        ]
    )
    func maxPosition(_ row: Case) throws {
        let limits = try RiskLimits(allowShort: true)
        let found = finding(MaxPositionRule(), try order(row.side, row.quantity), try account(row), limits)
        #expect(found == row.expected)
    }

    @Test("Without shrinking a violation blocks, and says by how much")
    func blocksInstead() throws {
        let limits = try RiskLimits(shrinkToFit: false)
        let verdict = MaxPositionRule().judge(order(.buy, 150, try shares("NVDA")), try snapshot(), limits)
        #expect(verdict.outcome == .block)
        #expect(verdict.observed == FixedDecimal(15_000))
        #expect(verdict.limit == FixedDecimal(10_000))
        #expect(verdict.unit == "USD")
        #expect(verdict.order == "NVDA-BUY")
    }

    @Test("Shrinking keeps whole lots")
    func lots() throws {
        let stock = try shares("NVDA", lot: 30)
        let found = finding(MaxPositionRule(), order(.buy, 120, stock), try snapshot(), try RiskLimits())
        #expect(found == "position_above_limit 120→90")
    }

    @Test(
        "Short selling off: sells stay within what is held and free",
        arguments: [
            Case(side: .sell, quantity: 50, held: 50, expected: "ok"),
            Case(side: .sell, quantity: 51, held: 50, expected: "short_not_allowed 51→50"),
            Case(side: .sell, quantity: 50, held: 50, openSells: 20, expected: "short_not_allowed 50→30"),
            Case(side: .sell, quantity: 50, held: 50, openSells: 50, expected: "short_not_allowed"),
            // Buys on their way are not held yet.
            Case(side: .sell, quantity: 10, openBuys: 50, expected: "short_not_allowed"),
            Case(side: .buy, quantity: 10, held: -5, expected: "ok"),
        ]
    )
    func noShort(_ row: Case) throws {
        let found = finding(NoShortRule(), try order(row.side, row.quantity), try account(row), try RiskLimits())
        #expect(found == row.expected)
    }

    @Test("Daily loss stops what adds exposure, at the limit and not before")
    func dailyLoss() throws {
        let stock = try shares("NVDA")
        let limits = try RiskLimits(allowShort: true)
        let rule = DailyLossRule()
        #expect(finding(rule, order(.buy, 1, stock), try snapshot(equity: "98000.01"), limits) == "ok")
        #expect(finding(rule, order(.buy, 1, stock), try snapshot(equity: "98000"), limits) == "daily_loss_reached")
        let losing = try snapshot(held: 50, equity: "90000")
        #expect(finding(rule, order(.sell, 50, stock), losing, limits) == "ok")
        #expect(finding(rule, order(.sell, 80, stock), losing, limits) == "daily_loss_reached 80→50")
    }

    @Test("Order quantity and value bound what an order adds")
    func orderSize() throws {
        let stock = try shares("NVDA")
        let limits = try RiskLimits(
            maxOrderNotional: FixedDecimal(2500),
            maxOrderQuantity: Quantity(30),
            allowShort: true
        )
        let flat = try snapshot()
        #expect(finding(OrderQuantityRule(), order(.buy, 31, stock), flat, limits) == "quantity_above_limit 31→30")
        #expect(finding(OrderNotionalRule(), order(.buy, 25, stock), flat, limits) == "ok")
        #expect(finding(OrderNotionalRule(), order(.buy, 26, stock), flat, limits) == "notional_above_limit 26→25")
        // The higher of live mark and reference counts.
        let dear = try snapshot(mark: "125")
        #expect(finding(OrderNotionalRule(), order(.buy, 25, stock), dear, limits) == "notional_above_limit 25→20")
        let long = try snapshot(held: 400)
        #expect(finding(OrderQuantityRule(), order(.sell, 400, stock), long, limits) == "ok")
        #expect(finding(OrderNotionalRule(), order(.sell, 400, stock), long, limits) == "ok")
        #expect(finding(OrderNotionalRule(), order(.sell, 430, stock), long, limits) == "notional_above_limit 430→425")
    }

    @Test("Cash: free of reservations, with fees kept")
    func cash() throws {
        let stock = try shares("NVDA")
        let limits = try RiskLimits(cashReservePercent: FixedDecimal(1))
        let poor = try snapshot(equity: "1010", reservations: [])
        #expect(finding(CashRule(), order(.buy, 10, stock), poor, limits) == "ok")
        #expect(finding(CashRule(), order(.buy, 11, stock), poor, limits) == "cash_insufficient 11→10")
        let reserved = try snapshot(equity: "1010", reservations: [try reservation(.buy, 5, "AMD")])
        #expect(finding(CashRule(), order(.buy, 10, stock), reserved, limits) == "cash_insufficient 10→5")
        let broke = try snapshot(equity: "1010", reservations: [try reservation(.buy, 20, "AMD")])
        #expect(finding(CashRule(), order(.buy, 1, stock), broke, limits) == "cash_insufficient")
        #expect(finding(CashRule(), order(.sell, 1, stock), broke, limits) == "ok")
        #expect(finding(CashRule(), order(.buy, 1, stock), broke, try RiskLimits(requireCash: false)) == "ok")
    }

    @Test("Gross exposure counts every position and every live order at its worst")
    func gross() throws {
        let stock = try shares("NVDA")
        let limits = try RiskLimits(maxPositionPercent: FixedDecimal(100), maxGrossExposurePercent: FixedDecimal(50))
        var account = try snapshot(held: 100, reservations: [try reservation(.buy, 300, "AMD")])
        // 50000 allowed: 10000 of NVDA, 30000 of AMD on its way, 10000 left.
        #expect(finding(GrossExposureRule(), order(.buy, 100, stock), account, limits) == "ok")
        let found = finding(GrossExposureRule(), order(.buy, 101, stock), account, limits)
        #expect(found == "gross_exposure_above_limit 101→100")
        #expect(finding(GrossExposureRule(), order(.sell, 100, stock), account, limits) == "ok")
        account.reserve(try reservation(.buy, 200, "AMD"))
        #expect(finding(GrossExposureRule(), order(.buy, 1, stock), account, limits) == "gross_exposure_above_limit")
        #expect(finding(GrossExposureRule(), order(.sell, 100, stock), account, limits) == "ok")
    }

    @Test("Restricted, unreconciled and crowded accounts are only reduced")
    func reductionsOnly() throws {
        let stock = try shares("NVDA")
        var account = try snapshot(held: 50, reservations: [try reservation(.buy, 1, "AMD")])
        account.isReconciled = false
        let limits = try RiskLimits(restricted: [stock.symbol], allowShort: true, maxOpenParents: 1)
        let expected: [(any RiskRule, String)] = [
            (RestrictedRule(), "instrument_restricted"), (ReconciledRule(), "account_not_reconciled"),
            (OpenParentsRule(), "too_many_open_orders"),
        ]
        for (rule, code) in expected {
            #expect(finding(rule, order(.buy, 10, stock), account, limits) == code)
            #expect(finding(rule, order(.sell, 50, stock), account, limits) == "ok")
            #expect(finding(rule, order(.sell, 60, stock), account, limits) == "\(code) 60→50")
        }
        account.isReconciled = true
        let open = try RiskLimits(maxOpenParents: 2)
        for rule in expected.map(\.0) { #expect(finding(rule, order(.buy, 10, stock), account, open) == "ok") }
    }

    @Test("The collar compares the sizing price with the live one; no live price, no new exposure")
    func collar() throws {
        let stock = try shares("NVDA")
        let limits = try RiskLimits(priceCollarBps: FixedDecimal(100), allowShort: true)
        let account = try snapshot(held: 10)
        for (at, expected) in [
            ("101", "ok"), ("101.01", "price_outside_collar"), ("99", "ok"), ("98.99", "price_outside_collar"),
        ] {
            #expect(finding(PriceCollarRule(), order(.buy, 1, stock, at: try price(at)), account, limits) == expected)
        }
        #expect(finding(PriceCollarRule(), order(.sell, 10, stock, at: try price("50")), account, limits) == "ok")
        let other = try shares("AMD")
        #expect(finding(PriceCollarRule(), order(.buy, 1, other), account, limits) == "no_mark")
        #expect(
            finding(PriceCollarRule(), order(.buy, 1, other), account, try RiskLimits(priceCollarBps: nil)) == "no_mark"
        )
    }

    @Test("Session, duplicates, shape and the venue's minimum")
    func others() throws {
        let stock = try shares("NVDA", lot: 10, minimum: "500")
        var account = try snapshot(held: 50, reservations: [try reservation(.buy, 1)])
        account.isSessionOpen = false
        let off = try RiskLimits()
        #expect(finding(SessionRule(), order(.sell, 10, stock), account, off) == "ok")
        #expect(finding(DuplicateRule(), order(.buy, 10, stock), account, off) == "ok")
        let limits = try RiskLimits(refuseDuplicates: true, requireOpenSession: true)
        #expect(finding(SessionRule(), order(.sell, 10, stock), account, limits) == "session_closed")
        #expect(finding(DuplicateRule(), order(.buy, 10, stock), account, limits) == "duplicate_order")
        #expect(finding(DuplicateRule(), order(.sell, 10, stock), account, limits) == "ok")
        for size in [0, -10, 15] {
            let found = finding(OrderShapeRule(), order(.buy, size, stock), account, limits)
            #expect(found == "quantity_not_in_lots")
        }
        #expect(finding(OrderShapeRule(), order(.buy, 10, stock, at: .zero), account, limits) == "no_reference_price")
        let won = Instrument(symbol: try symbol("005930"), currency: .krw)
        #expect(finding(OrderShapeRule(), order(.buy, 10, won), account, limits) == "currency_mismatch")
        #expect(RiskGate.judge(order(.buy, 10, won), account, limits).approved == nil)
        let cheap = order(.buy, 10, stock, at: try price("49.99"))
        #expect(finding(MinimumNotionalRule(), cheap, account, limits) == "notional_below_minimum")
        #expect(finding(MinimumNotionalRule(), order(.buy, 10, stock, at: try price("50")), account, limits) == "ok")
    }

    @Test("Rule names are unique")
    func names() { #expect(Set(RiskRuleBook.standard.map(\.name)).count == RiskRuleBook.standard.count) }

    @Test("Limits that make no sense are refused, also when decoded")
    func limits() throws {
        #expect(throws: RiskLimitsError.self) { try RiskLimits(maxPositionPercent: .zero) }
        #expect(throws: RiskLimitsError.self) { try RiskLimits(maxDailyLossPercent: FixedDecimal(101)) }
        #expect(throws: RiskLimitsError.self) { try RiskLimits(cashReservePercent: FixedDecimal(-1)) }
        #expect(throws: RiskLimitsError.self) { try RiskLimits(maxOpenParents: 0) }
        let limits = try RiskLimits(maxOrderNotional: FixedDecimal(5), restricted: [try symbol("B"), try symbol("A")])
        let json = try JSONEncoder().encode(limits)
        #expect(try JSONDecoder().decode(RiskLimits.self, from: json) == limits)
        let loose = String(decoding: json, as: UTF8.self)
            .replacingOccurrences(of: "\"max_position_percent\":\"10\"", with: "\"max_position_percent\":\"0\"")
        #expect(throws: RiskLimitsError.self) { try JSONDecoder().decode(RiskLimits.self, from: Data(loose.utf8)) }
    }

    private func order(_ side: Side, _ quantity: Int) throws -> ProposedOrder {
        RiskRulesTests.order(side, quantity, try shares("NVDA"))
    }

    private func order(_ side: Side, _ quantity: Int, _ instrument: Instrument) -> ProposedOrder {
        RiskRulesTests.order(side, quantity, instrument)
    }

    private func order(_ side: Side, _ quantity: Int, _ instrument: Instrument, at: Price) -> ProposedOrder {
        RiskRulesTests.order(side, quantity, instrument, at: at)
    }
}
