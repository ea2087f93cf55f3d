public import TradingDomain
public import Workflows

/// What a run would do, from a dry run: nothing of it was done or stored.
///
/// Prices are those of one moment, and steps behind an order stand on its predicted fill.
public struct RehearsalReport: Codable, Hashable, Sendable {
    /// An order step: what would be sent, how, and what that is predicted to cost.
    public struct Order: Codable, Hashable, Sendable {
        public var step: String
        public var ticker: Symbol
        public var side: Side
        /// As it was proposed.
        public var asked: Quantity
        /// What admission would let through; absent for a refused order.
        public var quantity: Quantity?
        public var urgency: Urgency
        public var status: ItemStatus
        /// Why it would be refused, or what warns.
        public var message: String?
        public var algorithm: AlgorithmName?
        /// The rule that chose the algorithm.
        public var rule: String?
        /// The schedule in words.
        public var plan: String?
        public var slices: Int?
        public var start: Timestamp?
        public var end: Timestamp?
        public var arrivalPrice: Price?
        /// Quantity at the arrival price.
        public var notional: Money?
        /// Basis points of the arrival price; absent where history allows no prediction.
        public var spreadBps: Double?
        public var impactBps: Double?
        public var fees: Money?
        /// Spread, impact and fees together.
        public var predictedCost: Money?
        /// Of every algorithm that was compared.
        public var candidates: [Candidate]?
        /// What could not be measured.
        public var missing: [String]?

        /// An algorithm with what it is predicted to cost, in basis points of the arrival price.
        public struct Candidate: Codable, Hashable, Sendable {
            public var algorithm: AlgorithmName
            public var costBps: Double
            public var note: String

            private enum CodingKeys: String, CodingKey {
                case algorithm, note
                case costBps = "cost_bps"
            }
        }

        private enum CodingKeys: String, CodingKey {
            case step, ticker, side, asked, quantity, urgency, status, message, algorithm, rule, plan, slices, start,
                end
            case notional, fees, candidates, missing
            case arrivalPrice = "arrival_price"
            case spreadBps = "spread_bps"
            case impactBps = "impact_bps"
            case predictedCost = "predicted_cost"
        }
    }

    /// A step in the order in which it was gone through.
    public struct Step: Codable, Hashable, Sendable {
        public var step: String
        public var uses: String
        public var effect: StepEffect
        /// What it gave, or what it would do.
        public var words: String
        /// An order was predicted before it, so that a real run may come to something else here.
        public var isPredicted: Bool

        private enum CodingKeys: String, CodingKey {
            case step, uses, effect, words
            case isPredicted = "is_predicted"
        }
    }

    /// A ticker that would get no order.
    public struct Outcome: Codable, Hashable, Sendable {
        public var ticker: String
        public var status: ItemStatus
        public var message: String
    }

    public var workflow: String
    /// The worst of orders, tickers and run, as a run of it would report.
    public var status: ItemStatus
    public var message: String?
    public var account: AccountID
    public var market: String
    /// Whose prices were used; the clock stands still in a dry run.
    public var at: Timestamp
    public var orders: [Order]
    public var outcomes: [Outcome]
    public var steps: [Step]
    /// What a rebalance would come to if every order filled as predicted.
    public var rebalance: RebalanceReport?
    /// Value of the orders that would be sent.
    public var notional: Money
    public var fees: Money
    public var predictedCost: Money
    /// What to know about the figures.
    public var notes: [String]

    private enum CodingKeys: String, CodingKey {
        case workflow, status, message, account, market, at, orders, outcomes, steps, rebalance, notional, fees, notes
        case predictedCost = "predicted_cost"
    }
}
