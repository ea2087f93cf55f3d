public import TradingDomain

/// What a person is asked to approve, fixed to the last unit: whoever approves its digest approves this and nothing else.
public struct ApprovalPlan: Codable, Hashable, Sendable {
    /// One order of it, as `risk.check` let it through.
    public struct Order: Codable, Hashable, Sendable {
        /// Names it inside its step, such as `NVDA-BUY`.
        public let id: String
        public let symbol: Symbol
        public let side: Side
        public let quantity: Quantity
        /// The price that it was sized at.
        public let referencePrice: Price
        /// Value at the reference price.
        public let notional: Money
        /// The worst price that it may trade at; absent leaves that to the account's collar.
        public let limitPrice: Price?
        public let urgency: Urgency
        /// How the size came about, with its numbers.
        public let reason: String
        /// SHA-256 of the whole order as it is stored.
        public let document: String
        /// What it is expected to cost in basis points, as it would be routed when it was asked about; a help for whoever decides,
        /// and no part of the digest.
        public let expectedCostBps: Double?

        init(_ order: ProposedOrder, document: String, expectedCostBps: Double? = nil) {
            self.expectedCostBps = expectedCostBps
            id = order.key
            symbol = order.symbol
            side = order.side
            quantity = order.quantity
            referencePrice = order.referencePrice
            notional = order.notional
            limitPrice = order.limitPrice
            urgency = order.urgency
            reason = order.note
            self.document = Digest.hex(document)
        }

        /// The order on one line, for digests and differences.
        public var line: String {
            "\(side.rawValue) \(quantity) \(symbol) at \(referencePrice) worth \(notional), "
                + "limit \(limitPrice.map { "\($0)" } ?? "-"), urgency \(urgency.rawValue)"
        }
    }

    public let account: AccountID
    public let environment: TradingEnvironment
    public let run: RunID
    public let workflow: String
    /// Hash of the definitions that the run is pinned to: they say by which algorithm each order goes out.
    public let definitionHash: String
    public let stepPath: String
    public let orders: [Order]
    /// Business time after which `execute.*` refuses the orders; absent in a plan without orders.
    public let expiresAt: Timestamp?
    /// What the workflow's author wants to be shown beside the orders.
    public let show: String

    public init(
        account: AccountID,
        environment: TradingEnvironment,
        run: RunID,
        workflow: String,
        definitionHash: String,
        stepPath: String,
        orders: [Order],
        expiresAt: Timestamp?,
        show: String
    ) {
        self.account = account
        self.environment = environment
        self.run = run
        self.workflow = workflow
        self.definitionHash = definitionHash
        self.stepPath = stepPath
        self.orders = orders
        self.expiresAt = expiresAt
        self.show = show
    }

    /// SHA-256 of ``canonicalText``: 64 lower-case hexadecimal digits.
    public var digest: String { Digest.hex(canonicalText) }

    /// Everything that is approved, line by line; equal plans are equal texts.
    public var canonicalText: String {
        var lines = [
            "smartexec.plan/1",
            "account \(account) \(environment.rawValue)",
            "run \(run)",
            "workflow \(workflow) \(definitionHash)",
            "step \(stepPath)",
            "expires \(expiresAt.map { "\($0.nanoseconds)" } ?? "-")",
        ]
        lines += orders.map { "order \($0.id) \($0.line), document \($0.document)" }
        // Free text comes last and hashed: it cannot pass for another line.
        lines.append("show \(Digest.hex(show))")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Orders that `other` has and this has not, by ``Order/line``, after a `+`, and the other way round after a `-`;
    /// empty when both plan the same trades.
    public func difference(to other: ApprovalPlan) -> [String] {
        let (mine, theirs) = (orders.map(\.line), other.orders.map(\.line))
        return mine.filter { !theirs.contains($0) }.map { "- \($0)" }
            + theirs.filter { !mine.contains($0) }.map { "+ \($0)" }
    }
}
