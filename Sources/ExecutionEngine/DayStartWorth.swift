import MarketData
import Portfolio
import TradingDomain

/// What the account was worth as the day began, at the first prices of the day.
///
/// What had no price yet counts at cost until it has one; a first price never changes, so each position is looked at until
/// then and no longer.
struct DayStartWorth: Sendable {
    private struct Waiting: Sendable {
        let instrument: Instrument
        let quantity: Quantity
        let costBasis: Money
    }

    private var settled: Money
    private var waiting: [Waiting]

    /// Of the portfolio as the day began; an instrument that is unknown or foreign counts at cost for good.
    init(_ portfolio: PortfolioState, instrument: (Symbol) -> Instrument?) {
        let open = portfolio.openPositions
        settled = open.reduce(portfolio.cash) { $0 + $1.costBasis }
        waiting = open.compactMap { position in
            guard let instrument = instrument(position.symbol), instrument.currency == portfolio.currency else {
                return nil
            }
            return Waiting(instrument: instrument, quantity: position.quantity, costBasis: position.costBasis)
        }
    }

    /// The sum by the prices that are known now; what has one is not looked at again.
    mutating func equity(_ board: MarketBoard) -> Money {
        if !waiting.isEmpty {
            settled = counted(board)
            waiting.removeAll { board.view($0.instrument.symbol)?.first != nil }
        }
        return settled
    }

    /// As ``equity(_:)``, for callers that can keep nothing.
    func counted(_ board: MarketBoard) -> Money {
        waiting.reduce(settled) { sum, position in
            guard let first = board.view(position.instrument.symbol)?.first else { return sum }
            return sum + position.instrument.notional(first, position.quantity) - position.costBasis
        }
    }
}
