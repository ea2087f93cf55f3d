import MarketData
public import TradingDomain

/// Everything that a plan is made from.
public struct PlanningContext: Sendable {
    /// The order as it was approved.
    public let order: ProposedOrder
    /// When the order begins: now, or the start that its author asked for.
    public internal(set) var now: Timestamp
    /// When the session closes, or the order has to be out of it.
    public internal(set) var close: Timestamp
    public let market: MarketSeen?
    public var parameters: AlgorithmParameters
    public let forecast: any VolumeForecast
    /// Sessions to learn from unless the parameters say otherwise.
    public let profileDays: Int

    public init(
        order: ProposedOrder,
        now: Timestamp,
        close: Timestamp,
        market: MarketSeen?,
        parameters: AlgorithmParameters,
        forecast: any VolumeForecast,
        profileDays: Int
    ) {
        self.order = order
        self.now = now
        self.close = close
        self.market = market
        self.parameters = parameters
        self.forecast = forecast
        self.profileDays = profileDays
    }

    /// Sessions to learn from.
    public var days: Int { parameters.volumeProfileDays ?? profileDays }

    /// When the order ends: what its author asked for, else `minutes` from its start, the close at the latest.
    ///
    /// - Throws: `NO_TIME_LEFT` when the end is not after the start.
    public func end(minutes: Int? = nil) throws(PlanRefusal) -> Timestamp {
        let length = parameters.durationMinutes ?? (parameters.endTime == nil ? minutes : nil)
        let wanted = length.map { now + .seconds($0 * 60) } ?? close
        let end = min(wanted, parameters.endTime ?? wanted, close)
        guard end > now else {
            throw PlanRefusal(
                "NO_TIME_LEFT",
                "It would end at \(end) and begin at \(now). Give an end after its start, and both inside the session, which "
                    + "closes at \(close)."
            )
        }
        return end
    }

    /// A warning when the end that was asked for comes after the close.
    var endWarning: String? {
        guard let asked = parameters.endTime, asked > close else { return nil }
        return "ends at \(close) and not at \(asked): the session closes"
    }

    /// Refuses what makes no sense whatever the algorithm, and parameters that it does not read, so that nobody believes in them.
    func check(_ names: [String], for algorithm: AlgorithmName) throws(PlanRefusal) {
        if let stray = parameters.names.first(where: { !names.contains($0) }) {
            let known = names.isEmpty ? "It takes none." : "It takes \(names.joined(separator: ", "))."
            throw PlanRefusal("BAD_PARAMETERS", "\(algorithm) has no parameter `\(stray)`. \(known)")
        }
        do {
            try AlgorithmParameter.check(parameters)
        } catch {
            throw PlanRefusal("BAD_PARAMETERS", "\(algorithm): \(error)")
        }
        if let market, !market.isTrusted, let bid = market.bid, let ask = market.ask {
            throw PlanRefusal(
                "BAD_BOOK",
                "The book of \(order.symbol) is crossed: bid \(bid) above ask \(ask). Ask again when it is not."
            )
        }
    }

    /// This context as the order's start and its auction behaviour change it.
    ///
    /// - Throws: `OUTSIDE_SESSION` for a start after the close, `NO_AUCTION` for an auction that nobody holds.
    func placed() throws(PlanRefusal) -> PlanningContext {
        var context = self
        switch parameters.auction {
        case nil: break
        case .skip: context.close = close - Self.auctionTime
        case .close:
            throw PlanRefusal(
                "NO_AUCTION",
                "The simulated venue holds no closing auction: its last bar trades like every other. Leave `auction` out, or give "
                    + "skip to be out of the market a minute before the close."
            )
        }
        if let start = parameters.startTime, start > now {
            guard start < context.close else {
                throw PlanRefusal(
                    "OUTSIDE_SESSION",
                    "A start at \(start) is not inside the session, which closes at \(context.close). Give an earlier start."
                )
            }
            context.now = start
        }
        return context
    }

    /// Before the close, when venues gather for the auction and minute bars hold it.
    private static let auctionTime = Duration.seconds(60)
}
