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
    /// Paths of what is in flight, in the order it started.
    private var order: [StepPath] = []
    private var byPath: [StepPath: Item] = [:]
    private(set) var finished = 0
    private(set) var total = 0
    /// Business time.
    private(set) var now: Timestamp?
    private(set) var cancellation: RunCancellation?

    /// In flight, in the order they started.
    var items: [Item] { order.compactMap { byPath[$0] } }

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
            return [.started(add(Item(path: path, name: key)))]
        case .event(.itemFinished(let path, _, let result)):
            return finish(path, result)
        case .event(.instanceStarted), .event(.instanceFinished), .event(.stepSkipped), .asking: break
        }
        return []
    }

    private mutating func add(_ item: Item) -> Item {
        order.append(item.path)
        byPath[item.path] = item
        return item
    }

    private mutating func work(_ parent: ParentProgress, at path: StepPath) -> [Change] {
        var changes: [Change] = []
        let place = path.outermostItem ?? path
        if byPath[place] == nil {
            guard path.isOutermost, !parent.state.isFinal else { return [] }
            changes.append(.started(add(Item(path: place, name: parent.symbol.text))))
            total += 1
        }
        guard var item = byPath[place] else { return changes }
        if let known = item.orders.firstIndex(where: { $0.id == parent.id }) {
            item.orders[known] = parent
        } else {
            item.orders.append(parent)
        }
        byPath[place] = item
        if path.isOutermost, parent.state.isFinal {
            return changes + finish(place, RunResult(status: parent.status, message: ""))
        }
        return changes + [.worked(item)]
    }

    private mutating func finish(_ path: StepPath, _ result: RunResult) -> [Change] {
        guard let item = byPath.removeValue(forKey: path) else { return [] }
        order.removeAll { $0 == path }
        finished += 1
        return [.finished(item, result)]
    }
}

extension StepPath {
    /// In no foreach item.
    fileprivate var isOutermost: Bool { !text.contains("[") }

    /// The outermost foreach item around the path; `nil` when there is none.
    fileprivate var outermostItem: StepPath? {
        text.firstIndex(of: "]").map { StepPath(String(text[...$0])) }
    }

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
