public import Portfolio
public import TradingDomain

/// What our books say of an account's orders, as far as a venue's report is about them.
public struct BookedOrders: Sendable {
    public struct Child: Hashable, Sendable {
        public let symbol: Symbol
        public let isFinal: Bool
        /// Whether the venue has acknowledged it; before that nothing follows from its absence.
        public let isAcknowledged: Bool
        public let filled: Quantity

        public init(symbol: Symbol, isFinal: Bool, isAcknowledged: Bool, filled: Quantity) {
            self.symbol = symbol
            self.isFinal = isFinal
            self.isAcknowledged = isAcknowledged
            self.filled = filled
        }
    }

    /// Those that are not final, and those that the report names.
    public var children: [ClientOrderID: Child]
    /// Parents that have a session.
    public var parents: Set<ParentOrderID>

    public init(children: [ClientOrderID: Child], parents: Set<ParentOrderID>) {
        self.children = children
        self.parents = parents
    }
}

/// Compares an account's books with its venue's report; it only looks.
public enum Reconciler {
    /// What is to be done about an order.
    public enum OrderStep: Hashable, Sendable {
        /// Ours without a record: it is counted for its parent and cancelled.
        case attribute(VenueOpenOrder)
        /// Nothing of ours stands behind it any more.
        case cancel(VenueOpenOrder)
        /// Its outcome or its fills have to be asked for.
        case ask(ClientOrderID)
        /// The venue has it, which we did not know.
        case acknowledge(VenueOpenOrder)
    }

    /// Compares orders, in the order in which the venue tells them, then in that of their ids.
    public static func orders(
        _ books: BookedOrders,
        _ report: BrokerAccountReport
    ) -> (findings: [ReconciliationFinding], steps: [OrderStep]) {
        var findings: [ReconciliationFinding] = []
        var steps: [OrderStep] = []
        for order in report.openOrders {
            guard let parts = order.clientID.parts else {
                findings.append(external(order))
                continue
            }
            guard let child = books.children[order.clientID] else {
                findings.append(unrecorded(order, isParentKnown: books.parents.contains(parts.parent)))
                steps.append(books.parents.contains(parts.parent) ? .attribute(order) : .cancel(order))
                continue
            }
            if child.isFinal {
                findings.append(
                    ReconciliationFinding(
                        .openAtVenue,
                        order: order.clientID,
                        symbol: order.symbol,
                        message: "Order \(order.clientID) has ended by our books and is open at the venue with "
                            + "\(order.executed) of \(order.quantity) executed.",
                        action: "cancelled at the venue",
                        isSettled: false
                    )
                )
                steps.append(.cancel(order))
                continue
            }
            if !child.isAcknowledged { steps.append(.acknowledge(order)) }
            if order.executed > child.filled { steps.append(.ask(order.clientID)) }
        }
        let open = Set(report.openOrders.map(\.clientID))
        for (id, child) in books.children.sorted(by: { $0.key < $1.key })
        where !child.isFinal && child.isAcknowledged && !open.contains(id) {
            findings.append(
                ReconciliationFinding(
                    .endedAtVenue,
                    order: id,
                    symbol: child.symbol,
                    message: "Order \(id) is open by our books and not at the venue.",
                    action: "asked what became of it"
                )
            )
            steps.append(.ask(id))
        }
        return (findings, steps)
    }

    /// Compares positions and balances once everything that the report tells is booked.
    public static func holdings(
        _ portfolio: PortfolioState,
        _ report: BrokerAccountReport,
        toleranceBps: Int
    ) -> [ReconciliationFinding] {
        var findings: [ReconciliationFinding] = []
        if let positions = report.positions {
            let symbols = Set(portfolio.openPositions.map(\.symbol)).union(positions.keys)
            for symbol in symbols.sorted() {
                let (ours, theirs) = (portfolio.position(symbol).quantity, positions[symbol] ?? .zero)
                guard ours != theirs else { continue }
                findings.append(
                    ReconciliationFinding(
                        .positionDiffers,
                        symbol: symbol,
                        message: "The position in \(symbol) is \(ours) by our books and \(theirs) at the venue.",
                        action: "nothing adds exposure until it is explained, or taken over with "
                            + "`smartexec reconcile --adopt REASON`",
                        isSettled: false
                    )
                )
            }
        }
        for balance in report.balances where balance.currency == portfolio.cash.currency {
            let ours = wallet(portfolio)
            let most = abs(balance.units) * Int128(toleranceBps) / 10_000
            guard abs(ours.units - balance.units) > most else { continue }
            findings.append(
                ReconciliationFinding(
                    .balanceDiffers,
                    message: "The balance is \(ours) by our books and \(balance) at the venue.",
                    action: "nothing adds exposure until it is explained, or taken over with "
                        + "`smartexec reconcile --adopt REASON`",
                    isSettled: false
                )
            )
        }
        return findings
    }

    /// Cash with every open position at its cost: what a venue that settles profits only calls the wallet balance.
    static func wallet(_ portfolio: PortfolioState) -> Money {
        portfolio.openPositions.reduce(portfolio.cash) { $0 + $1.costBasis }
    }

    private static func external(_ order: VenueOpenOrder) -> ReconciliationFinding {
        let isForced = order.clientID.isLiquidation
        return ReconciliationFinding(
            isForced ? .liquidation : .externalOrder,
            order: order.clientID,
            symbol: order.symbol,
            message: "Order \(order.clientID) (\(order.brokerID)) to \(order.side.rawValue) \(order.quantity) "
                + "\(order.symbol) is open at the venue and is not ours\(isForced ? ": a liquidation" : "").",
            action: "adopted as external: its trades are booked"
        )
    }

    private static func unrecorded(_ order: VenueOpenOrder, isParentKnown: Bool) -> ReconciliationFinding {
        ReconciliationFinding(
            .unrecordedOrder,
            order: order.clientID,
            symbol: order.symbol,
            message:
                "Order \(order.clientID) to \(order.side.rawValue) \(order.quantity) \(order.symbol) is open at the "
                + "venue under our prefix, and there is no record of it.",
            action: isParentKnown ? "counted for its parent, and cancelled" : "cancelled: its parent has ended",
            isSettled: isParentKnown
        )
    }
}

extension ClientOrderID {
    /// Whether the venue made the order itself to close a position by force.
    var isLiquidation: Bool {
        ["autoclose-", "adl_autoclose", "settlement_autoclose-"].contains(where: text.hasPrefix)
    }
}
