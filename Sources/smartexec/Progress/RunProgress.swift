import ExecutionEngine
import Orchestration
import TradingDomain
import Workflows

/// What is known of a run while it goes on: the state that progress is drawn from.
///
/// A line of it is an outermost foreach item (a ticker of a watchlist) or an order that lies in none.
struct RunProgress: Hashable, Sendable {
    struct Item: Hashable, Sendable {
        let path: StepPath
        /// The item's key, such as its ticker.
        let name: String
        /// The parent orders of the item, in the order they came.
        var orders: [ParentProgress] = []

        /// The order that is being worked, else the last one.
        var order: ParentProgress? { orders.first { !$0.state.isFinal } ?? orders.last }
    }

    /// What a plain line may be written about.
    enum Change: Hashable, Sendable {
        case started(Item)
        case worked(Item)
        case finished(Item, RunResult)
        case cancelling(RunCancellation)
    }

    private(set) var run: RunID?
    /// In flight, in the order they started.
    private(set) var items: [Item] = []
    private(set) var finished = 0
    private(set) var total = 0
    /// Business time.
    private(set) var now: Timestamp?
    private(set) var cancellation: RunCancellation?

    /// Orders that are being worked.
    var openOrders: [ParentProgress] { items.flatMap(\.orders).filter { !$0.state.isFinal } }

    /// Takes what a run tells.
    mutating func apply(_ progress: WorkflowRunner.Progress) -> [Change] {
        switch progress {
        case .started(let id): run = id
        case .clock(let time): now = time
        case .cancelling(let wish):
            cancellation = wish
            return [.cancelling(wish)]
        case .parent(let order, let path): return work(order, at: path)
        case .event(.foreachStarted(let path, let count)): if path.isOutermost { total += count }
        case .event(.itemStarted(let path, let key)):
            guard path.parentOfItem.isOutermost else { return [] }
            let item = Item(path: path, name: key)
            items.append(item)
            return [.started(item)]
        case .event(.itemFinished(let path, _, let result)):
            guard let index = items.firstIndex(where: { $0.path == path }) else { return [] }
            return [finish(index, result)]
        case .event(.instanceStarted), .event(.instanceFinished), .event(.stepSkipped): break
        }
        return []
    }

    private mutating func work(_ order: ParentProgress, at path: StepPath) -> [Change] {
        var changes: [Change] = []
        let isLoose = !path.text.contains("[")
        if !items.contains(where: { path.isInside($0.path) }) {
            guard isLoose, !order.state.isFinal else { return [] }
            items.append(Item(path: path, name: order.symbol.text))
            total += 1
            changes.append(.started(items[items.count - 1]))
        }
        guard let index = items.firstIndex(where: { path.isInside($0.path) }) else { return changes }
        if let known = items[index].orders.firstIndex(where: { $0.id == order.id }) {
            items[index].orders[known] = order
        } else {
            items[index].orders.append(order)
        }
        if isLoose, order.state.isFinal {
            return changes + [finish(index, RunResult(status: order.status, message: ""))]
        }
        return changes + [.worked(items[index])]
    }

    private mutating func finish(_ index: Int, _ result: RunResult) -> Change {
        finished += 1
        return .finished(items.remove(at: index), result)
    }
}

extension StepPath {
    /// In no foreach item.
    fileprivate var isOutermost: Bool { !text.contains("[") }

    /// The foreach that an item's path belongs to.
    fileprivate var parentOfItem: StepPath { StepPath(String(text[..<(text.lastIndex(of: "[") ?? text.endIndex)])) }
}

extension ParentProgress {
    /// Filled over what was asked for, 0 … 1.
    var share: Double { quantity.units > 0 ? min(1, filled.approximate / quantity.approximate) : 0 }

    /// How an order came out, as far as its state tells; the report knows more.
    var status: ItemStatus {
        switch state {
        case .filled: .success
        case .submitted, .working, .paused, .closing, .partiallyFilled: .partial
        case .refused: .blocked
        case .cancelled, .unfilled: filled > .zero ? .partial : .failed
        }
    }

    /// What is being done about it, for people.
    var word: String {
        switch state {
        case .submitted: "submitted"
        case .working: algorithm?.text ?? "working"
        case .paused: "paused"
        case .closing: "cancelling"
        case .filled, .partiallyFilled, .cancelled, .unfilled, .refused: state.rawValue
        }
    }
}
