import ExecutionEngine
public import Portfolio
public import TradingDomain

/// Cash, positions and profit of an account (PF-1), as a façade over its engine: the fold of everything booked.
public struct PortfolioManager: Sendable {
    private let desk: Desk

    public init(desk: Desk) { self.desk = desk }

    /// Everything at once, from one moment.
    public var state: PortfolioState {
        get async { await desk.engine.portfolio }
    }

    public var cash: Money {
        get async { await desk.engine.portfolio.cash }
    }

    /// Cash and positions at the latest prices.
    public var equity: Money {
        get async { await desk.engine.equity }
    }

    /// Positions that are not zero, by symbol.
    public var positions: [Position] {
        get async { await desk.engine.portfolio.openPositions }
    }

    /// The position in a symbol, which may be zero.
    public func position(_ symbol: Symbol) async -> Position { await desk.engine.portfolio.position(symbol) }

    public var realized: Money {
        get async { await desk.engine.portfolio.realized }
    }

    /// Profit of open positions at the latest prices.
    ///
    /// - Throws: `PortfolioError` naming a position without a price.
    public func unrealized() async throws -> Money {
        try await desk.engine.portfolio.unrealized(await desk.engine.marks)
    }
}
