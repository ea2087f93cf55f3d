import ExecutionEngine
import OrderManagement
import Synchronization
import TradingDomain

/// A venue that acknowledges and fills every order at once; its reports wait until the loop fetches them.
final class InstantBroker: Broker {
    private struct State {
        var reports: [BrokerEvent] = []
        var orders = 0
    }

    private let price: Price
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(price: Price, now: @escaping @Sendable () -> Timestamp) {
        self.price = price
        self.now = now
    }

    func venueTime() async -> Timestamp { now() }

    func send(_ commands: [BrokerCommand]) async {
        let time = now()
        state.withLock { state in
            for case .place(let order) in commands {
                state.orders += 1
                let id = BrokerOrderID(unchecked: "B\(state.orders)")
                state.reports.append(.acknowledged(order.id, id, at: time))
                state.reports.append(.filled(fill(order, TradeID(unchecked: "T\(state.orders)"), time)))
            }
        }
    }

    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer {
        .unavailable(reason: "nothing is ever asked here")
    }

    func accountReport(since: Timestamp) async -> AccountReportAnswer {
        .unavailable(reason: "nothing is ever asked here")
    }

    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { .unavailable(reason: "nothing is ever open here") }

    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer { .unsupported }

    /// What the venue has told since the last call.
    func takeReports() -> [BrokerEvent] {
        state.withLock { state in
            defer { state.reports = [] }
            return state.reports
        }
    }

    private func fill(_ order: ChildOrder, _ trade: TradeID, _ time: Timestamp) -> Fill {
        let notional = order.instrument.notional(price, order.request.quantity)
        return Fill(
            account: order.account,
            symbol: order.instrument.symbol,
            tradeID: trade,
            clientOrderID: order.id,
            side: order.side,
            quantity: order.request.quantity,
            price: price,
            notional: notional,
            commission: Money(units: 1_000_000, .usd),
            tradedAt: time
        )
    }
}
