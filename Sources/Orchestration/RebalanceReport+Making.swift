import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingDomain

extension RebalanceReport {
    /// The account as a rebalance leaves it.
    struct Book {
        var equity: Money
        var cash: Money
        var held: [Symbol: Quantity] = [:]
        /// Signed, at the prices of the end; absent without a price.
        var values: [Symbol: Money] = [:]
        var limits: RiskLimits
    }

    /// The report of the last rebalance that the notes of a run tell; `nil` when there is none.
    static func make(_ notes: [ItemNote], _ parents: [ParentRecord], on desk: Desk) async -> RebalanceReport? {
        guard let planned = notes.lastRebalance else { return nil }
        let portfolio = await desk.engine.portfolio
        var book = Book(equity: await desk.engine.equity, cash: portfolio.cash, limits: desk.limits)
        let marks = await desk.engine.marks
        for position in portfolio.openPositions {
            book.held[position.symbol] = position.quantity
            guard let mark = marks[position.symbol] else { continue }
            book.values[position.symbol] = mark.instrument.notional(mark.price, position.quantity)
        }
        return RebalanceReport(planned, notes, parents, book)
    }

    init(_ planned: PlannedRebalance, _ notes: [ItemNote], _ parents: [ParentRecord], _ book: Book) {
        let progress = RebalanceProgress(planned, notes, parents)
        let names = planned.lines.map { line in
            let held = book.held[line.symbol] ?? .zero
            let value = held.isZero ? Money.zero(book.equity.currency) : book.values[line.symbol]
            let weight = value.flatMap { $0.share(of: book.equity) }
            return Name(
                symbol: line.symbol,
                heldBefore: line.held,
                weightBefore: line.weightPercent,
                target: line.targetPercent,
                planned: line.planned,
                filled: progress.filled(line.symbol),
                held: held,
                weight: weight,
                away: weight.map { $0 - line.targetPercent },
                reason: progress.reason(line)
            )
        }
        let violations = Self.violations(book)
        let state = progress.state(isBeyondLimits: !violations.isEmpty)
        let total = book.values.values.reduce(Money.zero(book.equity.currency)) { $0 + $1 }
        let gross = book.values.values.reduce(Money.zero(book.equity.currency)) { $0 + ($1.isNegative ? -$1 : $1) }
        self.init(
            state: state,
            explanation: ([state.words] + violations).joined(separator: "; "),
            equityBefore: planned.equity.amount,
            equity: book.equity.amount,
            cashBefore: planned.cash.amount,
            cash: book.cash.amount,
            grossPercent: gross.share(of: book.equity),
            netPercent: total.share(of: book.equity),
            plannedTurnoverPercent: planned.turnoverPercent,
            turnoverPercent: progress.traded(planned.equity.currency).share(of: planned.equity),
            notes: planned.notes,
            names: names
        )
    }

    /// Limits that the book as a whole is beyond, in words.
    private static func violations(_ book: Book) -> [String] {
        var found: [String] = []
        if book.limits.requireCash, book.cash.isNegative { found.append("cash is \(book.cash)") }
        let zero = Money.zero(book.equity.currency)
        let gross = book.values.values.reduce(zero) { $0 + ($1.isNegative ? -$1 : $1) }
        let most = book.equity.percent(book.limits.maxGrossExposurePercent)
        if gross > most {
            found.append("positions of \(gross) are above \(book.limits.maxGrossExposurePercent) % of equity (\(most))")
        }
        let shorts = book.held.filter { $0.value < .zero }.keys.sorted()
        if !book.limits.allowShort, !shorts.isEmpty {
            found.append("short without leave: \(shorts.map(\.text).joined(separator: ", "))")
        }
        return found
    }
}

extension Money {
    /// This amount in percent of `whole`, rounded half-even to 10⁻⁸; `nil` where the whole is not greater than zero.
    fileprivate func share(of whole: Money) -> FixedDecimal? {
        guard whole.units > 0 else { return nil }
        return FixedDecimal(units: Rounding.halfEven(units, times: 100 * Int128(FixedDecimal.scale), over: whole.units))
    }
}
