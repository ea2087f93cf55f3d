import Foundation
import Matching
import TradingDomain

/// `scripts/bench matching`: messages per second through the matching engine, one book, one thread.
///
/// The flow is made from a fixed seed: of 100 messages 50 are new orders within 50 ticks of the best price, 36 cancels, 4
/// replacements and 10 immediate orders that take what is there. Rates are of processor time.
@main
struct MatchingBenchmark {
    private enum Message {
        case submit(IncomingOrder)
        case cancel(BookOrderID)
        case replace(BookOrderID, Price, Quantity)
    }

    /// Messages per second.
    private static let aim = 1_000_000.0

    static func main() {
        let isQuick = CommandLine.arguments.contains("--quick")
        let messages = flow(isQuick ? 200_000 : 1_000_000)
        var best = Double.infinity
        var last = OrderBook()
        var traded = 0
        for _ in 0..<(isQuick ? 3 : 7) {
            var book = OrderBook()
            var events: [BookEvent] = []
            traded = 0
            let start = processorTime()
            for message in messages {
                events.removeAll(keepingCapacity: true)
                switch message {
                case .submit(let order): book.submit(order, into: &events)
                case .cancel(let id): book.cancel(id, into: &events)
                case .replace(let id, let price, let open): book.replace(id, price: price, open: open, into: &events)
                }
                if case .traded = events.first { traded += 1 }
            }
            best = min(best, processorTime() - start)
            last = book
        }
        let rate = Double(messages.count) / best
        let least = Double(messages.count) / bookkeeping(messages, rounds: isQuick ? 3 : 7)
        print(
            "\(messages.count) messages, \(traded) of them trade; \(last.count) orders on "
                + "\(last.levels(.buy).count + last.levels(.sell).count) levels at the end"
        )
        print(
            String(
                format: "matching: %.0f messages/s, %.2fx a bare dictionary of orders (%.0f/s) (aim %.0f)",
                rate,
                rate / least,
                least,
                aim
            )
        )
        exit(rate < aim ? 1 : 0)
    }

    /// The least that any book has to do: keep each order by its id, find it, forget it, and match nothing.
    ///
    /// - Returns: Processor seconds of the fastest round.
    private static func bookkeeping(_ messages: [Message], rounds: Int) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            var orders: [BookOrderID: IncomingOrder] = [:]
            let start = processorTime()
            for message in messages {
                switch message {
                case .submit(let order): orders[order.id] = order
                case .cancel(let id): orders[id] = nil
                case .replace(let id, let price, let open):
                    guard let order = orders[id] else { continue }
                    orders[id] = IncomingOrder(id: id, side: order.side, limit: price, quantity: open)
                }
            }
            best = min(best, processorTime() - start)
        }
        return best
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func flow(_ count: Int) -> [Message] {
        var random = Splitmix(state: 7)
        var book = OrderBook()
        var events: [BookEvent] = []
        var live: [BookOrderID] = []
        var messages: [Message] = []
        messages.reserveCapacity(count)
        while messages.count < count {
            let draw = random.below(100)
            let side: Side = random.below(2) == 0 ? .buy : .sell
            let mid = Int64(100_000)
            let away = Int64(1 + random.below(50))
            let quantity = Quantity(units: Int64(1 + random.below(100)))
            let passive = Price(units: side == .buy ? mid - away : mid + away)
            events.removeAll(keepingCapacity: true)
            if draw < 50 || live.isEmpty {
                let id = BookOrderID(UInt64(messages.count + 1))
                let order = IncomingOrder(id: id, side: side, limit: passive, quantity: quantity)
                messages.append(.submit(order))
                live.append(id)
                book.submit(order, into: &events)
            } else if draw < 90 {
                let index = random.below(live.count)
                let id = live[index]
                guard let resting = book.order(id) else {
                    live.swapAt(index, live.count - 1)
                    live.removeLast()
                    continue
                }
                if draw < 86 {
                    messages.append(.cancel(id))
                    book.cancel(id, into: &events)
                } else {
                    let price = Price(units: resting.side == .buy ? mid - away : mid + away)
                    messages.append(.replace(id, price, quantity))
                    book.replace(id, price: price, open: quantity, into: &events)
                }
            } else {
                let order = IncomingOrder(
                    id: BookOrderID(UInt64(messages.count + 1)),
                    side: side,
                    limit: nil,
                    quantity: quantity,
                    rest: .immediateOrCancel
                )
                messages.append(.submit(order))
                book.submit(order, into: &events)
            }
        }
        return messages
    }
}

/// SplitMix64.
private struct Splitmix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
