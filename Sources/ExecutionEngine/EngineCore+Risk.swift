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
        var snapshot = reservations.account
        snapshot.cash = portfolio.cash
        snapshot.dayStartEquity = dayStartEquity()
        // In one pass, since an account may hold thousands of names and every order is judged on all of them.
        let held = portfolio.openPositions
        snapshot.holdings.reserveCapacity(held.count + instruments.count)
        var equity = portfolio.cash
        for position in held {
            // A foreign instrument is refused by the rules, and its value cannot be added to this account's money.
            guard let instrument = configuration.instrument(position.symbol),
                instrument.currency == configuration.currency, let mark = board.mid(position.symbol)
            else {
                equity += position.costBasis
                continue
            }
            equity += instrument.notional(mark, position.quantity)
            let holding = RiskSnapshot.Holding(instrument: instrument, quantity: position.quantity, mark: mark)
            snapshot.holdings[position.symbol] = holding
        }
        snapshot.equity = equity
        for instrument in instruments where snapshot.holdings[instrument.symbol] == nil {
            guard instrument.currency == configuration.currency, let mark = board.mid(instrument.symbol) else {
                continue
            }
            let quantity = portfolio.position(instrument.symbol).quantity
            let holding = RiskSnapshot.Holding(instrument: instrument, quantity: quantity, mark: mark)
            snapshot.holdings[instrument.symbol] = holding
        }
        let first = instruments.first ?? held.lazy.compactMap { configuration.instrument($0.symbol) }.first
        let isOpen = first.map { router.isOpen($0, at: now) } ?? true
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
    public func equity() -> Money { value(of: portfolio) { board.mid($0) } }

    /// What the account was worth as the day began, at the first prices of the day.
    public func dayStartEquity() -> Money { value(of: dayStart) { board.view($0)?.first } }

    /// Every open position with its live price, for valuations.
    public func marks() -> [Symbol: Mark] { marks(of: portfolio) { board.mid($0) } }

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
