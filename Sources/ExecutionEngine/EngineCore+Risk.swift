import ExecutionAlgorithms
import MarketData
import OrderManagement
public import Portfolio
public import RiskRules
public import TradingDomain

extension EngineCore {
    /// The live account as the rules look at it: positions at their marks, what open parents have reserved, the kill
    /// switch.
    ///
    /// It names everything that is held, so it costs as much as there is; see ``riskSnapshot(at:naming:)``.
    public func riskSnapshot(at now: Timestamp) -> RiskSnapshot {
        var snapshot = frame(at: now, dayStartEquity())
        let held = portfolio.openPositions
        snapshot.holdings.reserveCapacity(held.count)
        for position in held {
            let instrument = configuration.instrument(position.symbol)
            snapshot.holdings[position.symbol] = holding(position, instrument)
        }
        snapshot.equity = equity()
        let first = held.lazy.compactMap { configuration.instrument($0.symbol) }.first
        snapshot.isSessionOpen = first.map { router.isOpen($0, at: now) } ?? true
        return snapshot
    }

    /// The live account as orders in `instruments` are judged by: these alone by name, everything else as sums.
    public mutating func riskSnapshot(at now: Timestamp, naming instruments: [Instrument]) -> RiskSnapshot {
        let equity = liveEquity()
        var snapshot = frame(at: now, dayWorth.equity(board))
        snapshot.equity = equity
        var (worst, net) = (sums.worst, sums.net)
        var named: Set<Symbol> = []
        var holdings: [Symbol: RiskSnapshot.Holding] = [:]
        for instrument in instruments where named.insert(instrument.symbol).inserted {
            let position = portfolio.position(instrument.symbol)
            let held = position.isFlat ? nil : holding(position, configuration.instrument(instrument.symbol))
            holdings[instrument.symbol] = held ?? holding(position, instrument)
            guard let part = sums.part(at: board.place(of: instrument.symbol)) else { continue }
            worst -= part.worst
            net -= part.net
        }
        snapshot.narrow(to: holdings, named, others: RiskSnapshot.Others(worst: worst, net: net))
        snapshot.isSessionOpen = instruments.first.map { router.isOpen($0, at: now) } ?? true
        return snapshot
    }

    /// What the rules are told of the account beside its positions.
    private func frame(at now: Timestamp, _ dayStartEquity: Money) -> RiskSnapshot {
        var snapshot = reservations.account
        snapshot.cash = portfolio.cash
        snapshot.dayStartEquity = dayStartEquity
        snapshot.halt = halt
        snapshot.isReconciled = isReconciled && resuming.isEmpty
        snapshot.safeMode = safeMode
        return snapshot
    }

    /// A position at its mark; `nil` without a mark, or where its value is no money of this account's.
    ///
    /// A foreign instrument is refused by the rules, and its value cannot be added to this account's money.
    private func holding(_ position: Position, _ instrument: Instrument?) -> RiskSnapshot.Holding? {
        guard let instrument, instrument.currency == configuration.currency,
            let mark = board.mid(position.symbol)
        else { return nil }
        return RiskSnapshot.Holding(instrument: instrument, quantity: position.quantity, mark: mark)
    }

    /// How many positions have no price.
    mutating func unpricedCount() -> Int {
        refreshSums()
        return sums.unpriced
    }

    /// Notes that the position in a symbol, or what is ordered of it, is another one.
    mutating func changed(_ symbol: Symbol) { sums.changed(board.place(of: symbol)) }

    private mutating func refreshSums() {
        for place in sums.takeStale() { sums.set(part(board.symbol(at: place)), at: place) }
    }

    /// What a symbol adds to the account's sums, by the rules' own arithmetic.
    private func part(_ symbol: Symbol) -> AccountSums.Part {
        let zero = Money.zero(configuration.currency)
        let position = portfolio.position(symbol)
        var part = AccountSums.Part(value: position.costBasis, net: zero, worst: zero, isUnpriced: false)
        var alone = reservations.account
        if position.isFlat {
            part.value = zero
        } else {
            part.isUnpriced = board.mid(symbol) == nil
            alone.holdings[symbol] = holding(position, configuration.instrument(symbol))
        }
        if let holding = alone.holdings[symbol] {
            part.value = holding.instrument.notional(holding.mark, position.quantity)
            part.net = part.value
        }
        part.worst = alone.worstExposure(symbol)
        return part
    }

    var workingSymbols: [Symbol] {
        working.map { sessions.all[$0].parent.symbol } + unadmitted.map(\.order.symbol)
    }

    /// Cash and positions at the live marks; what has no mark counts at cost.
    ///
    /// It counts everything anew.
    public func equity() -> Money {
        portfolio.openPositions.reduce(portfolio.cash) { sum, position in
            let holding = holding(position, configuration.instrument(position.symbol))
            return sum + (holding.map { $0.instrument.notional($0.mark, position.quantity) } ?? position.costBasis)
        }
    }

    /// As ``equity()``, by the sums that are kept.
    mutating func liveEquity() -> Money {
        refreshSums()
        return portfolio.cash + sums.value
    }

    /// What the account was worth as the day began, at the first prices of the day.
    public func dayStartEquity() -> Money { dayWorth.counted(board) }

    /// Every open position with its live price, for valuations.
    public func marks() -> [Symbol: Mark] {
        var marks: [Symbol: Mark] = [:]
        for position in portfolio.openPositions {
            // A foreign instrument cannot have been bought here; held nevertheless, it counts at cost.
            guard let holding = holding(position, configuration.instrument(position.symbol)) else { continue }
            marks[position.symbol] = Mark(instrument: holding.instrument, price: holding.mark)
        }
        return marks
    }

    /// Books a stored entry while the account is loaded.
    mutating func fold(_ entry: LedgerEntry, at now: Timestamp) {
        do {
            _ = try ledger.book(entry)
            if let symbol = entry.symbol { changed(symbol) }
        } catch {
            distrust(error.code, "\(error)", parent: nil, at: now)
        }
    }
}
