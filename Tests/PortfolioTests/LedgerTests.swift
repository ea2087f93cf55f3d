import Foundation
import Portfolio
import Testing
import TradingDomain

@Suite("Ledger and positions")
struct LedgerTests {
    struct Booking: Sendable {
        let name: String
        /// Signed quantity and price of each fill.
        let fills: [(String, String)]
        let quantity: String
        let cost: String
        let realized: String
    }

    @Test("The largest positions are the first of all by cost, however they came", arguments: UInt64(0)..<20)
    func largest(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var portfolio = PortfolioState(account: account, currency: .usd)
        for trade in 0..<60 {
            let side: Side = Bool.random(using: &random) ? .buy : .sell
            // Few sizes, so that many are equal.
            let size = Quantity(Int.random(in: 1...4, using: &random))
            let instrument = try shares("T\(Int.random(in: 0..<40, using: &random))")
            try portfolio.apply(LedgerEntry(fill(instrument, side, size, try price("10"), trade: trade)))
        }
        let sorted = portfolio.openPositions.sorted { left, right in
            let (one, other) = (left.costBasis.units.magnitude, right.costBasis.units.magnitude)
            return one == other ? left.symbol < right.symbol : one > other
        }
        for count in [0, 1, 7, 100] { #expect(portfolio.largest(count) == Array(sorted.prefix(count)), "\(count)") }
    }

    @Test(
        "Average cost, by hand",
        arguments: [
            Booking(name: "add", fills: [("10", "100"), ("10", "110")], quantity: "20", cost: "2100", realized: "0"),
            Booking(
                name: "reduce",
                fills: [("20", "105"), ("-5", "120")],
                quantity: "15",
                cost: "1575",
                realized: "75"
            ),
            Booking(name: "close", fills: [("20", "105"), ("-20", "100")], quantity: "0", cost: "0", realized: "-100"),
            Booking(name: "short", fills: [("-10", "50"), ("4", "45")], quantity: "-6", cost: "-300", realized: "20"),
            Booking(
                name: "cross",
                fills: [("10", "50"), ("-15", "60")],
                quantity: "-5",
                cost: "-300",
                realized: "100"
            ),
            Booking(name: "cross up", fills: [("-10", "50"), ("12", "45")], quantity: "2", cost: "90", realized: "50"),
            // A third of 100 cannot be held exactly: the cost left is what was not removed, and closing removes it.
            Booking(
                name: "thirds",
                fills: [("3", "33.33333333"), ("-1", "40")],
                quantity: "2",
                cost: "66.66666666",
                realized: "6.66666667"
            ),
            Booking(
                name: "odd cost",
                fills: [("1", "10"), ("2", "10.00000001"), ("-1", "10"), ("-2", "10")],
                quantity: "0",
                cost: "0",
                realized: "-0.00000002"
            ),
        ]
    )
    func averageCost(_ booking: Booking) throws {
        let stock = try shares("NVDA")
        var position = Position(flat: stock.symbol, .usd)
        for (change, at) in booking.fills {
            let change = try quantity(change)
            position.book(change, value: stock.notional(try price(at), change))
        }
        #expect(position.quantity == (try quantity(booking.quantity)), "\(booking.name)")
        #expect(position.costBasis == (try usd(booking.cost)), "\(booking.name)")
        #expect(position.realized == (try usd(booking.realized)), "\(booking.name)")
        #expect((position.averageCost() == nil) == position.isFlat)
    }

    @Test("A fill moves cash, position and commission; equity follows the mark")
    func oneFill() throws {
        let stock = try shares("NVDA")
        var state = PortfolioState(account: account, currency: .usd)
        try state.apply(deposit(usd("10000")))
        try state.apply(LedgerEntry(fill(stock, .buy, Quantity(5), price("875.76"), commission: usd("0.65682"))))
        #expect(state.cash == (try usd("5620.54318")))
        #expect(state.commission == (try usd("0.65682")))
        #expect(state.position(stock.symbol).averageCost() == (try decimal("875.76")))
        let marks = [stock.symbol: Mark(instrument: stock, price: try price("880"))]
        #expect(try state.unrealized(marks) == usd("21.2"))
        #expect(try state.equity(marks) == usd("10020.54318"))
        #expect(throws: PortfolioError.missingMarks([stock.symbol])) { try state.equity([:]) }
        let blind = try state.valuation([:])
        #expect(blind.unmarked == [stock.symbol])
        #expect(blind.equity == (try usd("9999.34318")))
    }

    @Test("The contract multiplier counts in cost, average and marks")
    func multiplier() throws {
        let future = Instrument(
            symbol: try symbol("ES"),
            assetClass: .future,
            contractMultiplier: FixedDecimal(50)
        )
        var state = PortfolioState(account: account, currency: .usd)
        try state.apply(LedgerEntry(fill(future, .sell, Quantity(2), price("5000"))))
        let position = state.position(future.symbol)
        #expect(position.costBasis == (try usd("-500000")))
        #expect(position.averageCost(multiplier: future.contractMultiplier) == FixedDecimal(5000))
        let marks = [future.symbol: Mark(instrument: future, price: try price("4990"))]
        #expect(try state.unrealized(marks) == usd("1000"))
        #expect(try state.valuation(marks).grossExposure == usd("499000"))
    }

    @Test("Deposits after the day began are no profit, losses are")
    func dayStart() throws {
        var state = PortfolioState(account: account, currency: .usd)
        try state.apply(deposit(usd("1000")))
        try state.startDay(at: Timestamp(nanoseconds: 5_000_000_000), marks: [:])
        try state.apply(deposit(usd("500"), at: 6, kind: .transfer))
        try state.apply(deposit(usd("-7"), at: 7, kind: .funding))
        #expect(state.dayStart?.equity == (try usd("1500")))
        #expect(try state.equity([:]) == usd("1493"))
        try state.apply(deposit(usd("100"), at: 1, kind: .transfer))
        #expect(state.dayStart?.equity == (try usd("1500")), "a transfer of the day before, booked late")
    }

    @Test("Open positions are those that are not flat, by symbol, after any fills", arguments: UInt64(0)..<20)
    func openPositions(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let stocks = try ["AMD", "IBM", "JPM", "NVDA", "XOM"].map { try shares($0) }
        var state = PortfolioState(account: account, currency: .usd)
        for trade in 1...60 {
            let stock = stocks[Int.random(in: 0..<stocks.count, using: &random)]
            let side: Side = Bool.random(using: &random) ? .buy : .sell
            let size = Quantity(Int.random(in: 1...2, using: &random))
            try state.apply(LedgerEntry(fill(stock, side, size, price("10"), trade: trade)))
            let open = state.positions.values.filter { !$0.isFlat }.sorted { $0.symbol < $1.symbol }
            #expect(state.openPositions == open)
            #expect(state.openCount == open.count)
        }
    }

    @Test("A repeated fill is booked once, a contradicting one never")
    func repeats() throws {
        let stock = try shares("NVDA")
        var ledger = Ledger(account: account, currency: .usd)
        #expect(try ledger.book(LedgerEntry(fill(stock, .buy, Quantity(5), price("10")))))
        #expect(try !ledger.book(LedgerEntry(fill(stock, .buy, Quantity(5), price("10")))))
        #expect(throws: PortfolioError.conflictingEntry(reference: "t1")) {
            try ledger.book(LedgerEntry(fill(stock, .buy, Quantity(6), price("10"))))
        }
        #expect(try ledger.book(LedgerEntry(fill(try shares("AMD"), .buy, Quantity(5), price("10")))))
        #expect(ledger.entries.count == 2)
        #expect(ledger.state.cash == (try usd("-100")))
    }

    @Test("Entries that contradict themselves are refused, also when decoded")
    func malformed() throws {
        let stock = try shares("NVDA")
        let good = try LedgerEntry(fill(stock, .buy, Quantity(5), price("10"), commission: usd("0.1")))
        let json = try JSONEncoder().encode(good)
        #expect(try JSONDecoder().decode(LedgerEntry.self, from: json) == good)
        let forged = String(decoding: json, as: UTF8.self).replacingOccurrences(of: "-50.1", with: "-50")
        #expect(forged != String(decoding: json, as: UTF8.self))
        #expect(throws: PortfolioError.self) { try JSONDecoder().decode(LedgerEntry.self, from: Data(forged.utf8)) }
        #expect(throws: PortfolioError.self) {
            try LedgerEntry(
                account: account,
                kind: .transfer,
                reference: "x",
                at: good.at,
                cashChange: usd("1"),
                symbol: stock.symbol,
                quantity: Quantity(1),
                notional: usd("1")
            )
        }
        #expect(throws: PortfolioError.self) { try LedgerEntry(fill(stock, .buy, .zero, price("10"))) }
        var other = PortfolioState(account: AccountID(unchecked: "live"), currency: .usd)
        #expect(throws: PortfolioError.self) { try other.apply(good) }
        var won = PortfolioState(account: account, currency: .krw)
        #expect(throws: PortfolioError.self) { try won.apply(good) }
        #expect(won == PortfolioState(account: account, currency: .krw))
    }
}

@Suite("Ledger properties")
struct LedgerProperties {
    /// Random fills of three names in both directions, with odd prices, fractions and commissions.
    private func entries(seed: UInt64) throws -> [LedgerEntry] {
        var random = SeededGenerator(seed: seed)
        let names = try ["AAA", "BBB", "CCC"].map { try shares($0, lot: Quantity(units: 1)) }
        var entries = [try deposit(usd("1000000"))]
        for trade in 1...Int.random(in: 1...60, using: &random) {
            let filled = fill(
                names[Int.random(in: 0...2, using: &random)],
                Bool.random(using: &random) ? .buy : .sell,
                Quantity(units: Int64.random(in: 1...5_000_000_000, using: &random)),
                Price(units: Int64.random(in: -10...20_000_000_000, using: &random)),
                commission: Money(units: Int128(Int64.random(in: -5...100_000_000, using: &random)), .usd),
                trade: trade
            )
            entries.append(try LedgerEntry(filled))
        }
        return entries
    }

    @Test("Cash, cost, realized and commission account for every unit", arguments: UInt64(0)..<200)
    func accounting(seed: UInt64) throws {
        let entries = try entries(seed: seed)
        let state = try PortfolioState(account: account, currency: .usd, entries: entries)
        let cost = state.positions.values.reduce(Money.zero(.usd)) { $0 + $1.costBasis }
        #expect(state.cash + cost == state.netDeposits + state.realized - state.commission, "seed \(seed)")
        for position in state.positions.values where position.isFlat {
            #expect(position.costBasis.units == 0, "seed \(seed)")
        }
        #expect(state.cash == entries.reduce(.zero(.usd)) { $0 + $1.cashChange }, "seed \(seed)")
    }

    @Test("Entry by entry equals the fold, and a lost entry shows (I4)", arguments: UInt64(0)..<50)
    func folds(seed: UInt64) throws {
        let entries = try entries(seed: seed)
        var ledger = Ledger(account: account, currency: .usd)
        for entry in entries { try ledger.book(entry) }
        #expect(try Ledger.differences(ledger.state, from: entries).isEmpty, "seed \(seed)")
        #expect(try !Ledger.differences(ledger.state, from: entries.dropLast()).isEmpty, "seed \(seed)")
    }

    @Test("Cash and quantities do not depend on the order of entries", arguments: UInt64(0)..<50)
    func orderIndependence(seed: UInt64) throws {
        let entries = try entries(seed: seed)
        var random = SeededGenerator(seed: seed &+ 1_000_000)
        let state = try PortfolioState(account: account, currency: .usd, entries: entries)
        let other = try PortfolioState(account: account, currency: .usd, entries: entries.shuffled(using: &random))
        #expect(state.cash == other.cash, "seed \(seed)")
        #expect(state.commission == other.commission, "seed \(seed)")
        #expect(state.positions.mapValues(\.quantity) == other.positions.mapValues(\.quantity), "seed \(seed)")
    }

    @Test("Closing what is left returns exactly what came and went", arguments: UInt64(0)..<100)
    func flattening(seed: UInt64) throws {
        var state = try PortfolioState(account: account, currency: .usd, entries: try entries(seed: seed))
        for (index, position) in state.openPositions.enumerated() {
            let instrument = Instrument(symbol: position.symbol, lot: Quantity(units: 1))
            let side: Side = position.quantity > .zero ? .sell : .buy
            let last = fill(instrument, side, position.quantity.magnitude, Price(units: 777), trade: 1000 + index)
            try state.apply(LedgerEntry(last))
        }
        #expect(state.openPositions.isEmpty, "seed \(seed)")
        #expect(state.positions.values.allSatisfy { $0.costBasis.units == 0 }, "seed \(seed)")
        #expect(state.cash == state.netDeposits + state.realized - state.commission, "seed \(seed)")
    }
}
