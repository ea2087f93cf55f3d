import ExecutionAlgorithms
import MarketData
import OrderManagement
public import Portfolio
public import RiskRules
public import TradingDomain

extension EngineCore {
    /// The live account as the rules look at it: positions at their marks, what open parents have reserved, the kill
    /// switch; `instruments` are about to be traded and need a mark too.
    public func riskSnapshot(at now: Timestamp, including instruments: [Instrument] = []) -> RiskSnapshot {
        var holdings: [RiskSnapshot.Holding] = []
        let held = portfolio.openPositions.compactMap { configuration.instrument($0.symbol) }
        for instrument in held + instruments.filter({ !held.contains($0) }) {
            // A foreign instrument is refused by the rules, and its value cannot be added to this account's money.
            guard instrument.currency == configuration.currency, let mark = board.view(instrument.symbol)?.mid else {
                continue
            }
            let quantity = portfolio.position(instrument.symbol).quantity
            holdings.append(RiskSnapshot.Holding(instrument: instrument, quantity: quantity, mark: mark))
        }
        let isOpen = (instruments.first ?? held.first).map { router.isOpen($0, at: now) } ?? true
        var snapshot = reservations.account
        snapshot.equity = equity()
        snapshot.cash = portfolio.cash
        snapshot.dayStartEquity = dayStartEquity()
        for holding in holdings { snapshot.holdings[holding.instrument.symbol] = holding }
        snapshot.halt = halt
        snapshot.isReconciled = resuming.isEmpty
        snapshot.safeMode = safeMode
        snapshot.isSessionOpen = isOpen
        return snapshot
    }

    var workingSymbols: [Symbol] {
        working.map { sessions.all[$0].parent.symbol } + unadmitted.map(\.order.symbol)
    }

    /// Cash and positions at the live marks; what has no mark counts at cost.
    public func equity() -> Money { value(of: portfolio) { board.view($0)?.mid } }

    /// What the account was worth as the day began, at the first prices of the day.
    public func dayStartEquity() -> Money { value(of: dayStart) { board.view($0)?.first } }

    /// Every open position with its live price, for valuations.
    public func marks() -> [Symbol: Mark] { marks(of: portfolio) { board.view($0)?.mid } }

    private func marks(of portfolio: PortfolioState, _ price: (Symbol) -> Price?) -> [Symbol: Mark] {
        var marks: [Symbol: Mark] = [:]
        for position in portfolio.openPositions {
            guard let instrument = configuration.instrument(position.symbol), let price = price(position.symbol),
                // A foreign instrument cannot have been bought here; held nevertheless, it counts at cost.
                instrument.currency == configuration.currency
            else { continue }
            marks[position.symbol] = Mark(instrument: instrument, price: price)
        }
        return marks
    }

    private func value(of portfolio: PortfolioState, _ price: (Symbol) -> Price?) -> Money {
        do {
            return try portfolio.valuation(marks(of: portfolio, price)).equity
        } catch {
            // Marks are in the account's currency, and nothing else is refused.
            return portfolio.cash
        }
    }

    /// Books a stored entry while the account is loaded.
    mutating func fold(_ entry: LedgerEntry, at now: Timestamp) {
        do {
            _ = try ledger.book(entry)
        } catch {
            distrust(error.code, "\(error)", parent: nil, at: now)
        }
    }
}
