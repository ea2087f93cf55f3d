import TradingDomain
import Workflows

/// What the steps of a run noted, with which ticker each workflow instance was about.
struct RunNotes {
    private struct Entry {
        let path: StepPath
        let note: ItemNote
    }

    private var entries: [Entry] = []
    private var tickers: [StepPath: Symbol] = [:]
    private var results: [(path: StepPath, result: RunResult)] = []

    /// The parent orders so far, in the order noted.
    private(set) var parents: [ParentOrderID] = []

    mutating func add(_ notes: [ItemNote], at path: StepPath) {
        for note in notes {
            entries.append(Entry(path: path, note: note))
            if case .parent(_, let id) = note { parents.append(id) }
        }
    }

    /// Remembers which instance is about which ticker, and how it ended.
    mutating func take(_ event: RunEvent) {
        switch event {
        case .instanceStarted(let path, _, let inputs): tickers[path] = inputs["ticker"].tickerValue
        case .instanceFinished(let path, _, let result): results.append((path, result))
        case .foreachStarted, .itemStarted, .itemFinished, .stepSkipped: break
        }
    }

    /// Whether a step below `path` had a parent order.
    func hasOrder(inside path: StepPath) -> Bool {
        entries.contains { entry in
            if case .parent = entry.note { entry.path.isInside(path) } else { false }
        }
    }

    /// What a step that a cancelled run did not start adds to the report: its ticker, unless that has an outcome already.
    func cancelled(_ call: StepCall, _ cancellation: RunCancellation) -> [ItemNote] {
        let order = call.inputs["order"]?.recordValue
        let ticker = order.flatMap { $0["symbol"].tickerValue } ?? tickers[call.instance]
        let isNoted = order == nil && entries.contains { $0.path.isInside(call.instance) && $0.note.isOutcome }
        guard let ticker, !isNoted else { return [] }
        return [.ended(ticker, status: .failed, code: "cancelled", message: cancellation.text)]
    }

    /// The notes without blocks that a later look took back: a basket is judged as a whole, and its buys once more.
    private static func current(_ entries: [Entry]) -> [Entry] {
        var later: [Symbol: [StepPath]] = [:]
        var kept: [Entry] = []
        for entry in entries.reversed() {
            if case .ended(let symbol, .blocked, _, _) = entry.note, let paths = later[symbol] {
                // Of the same list of steps: what another part of the run makes of the ticker is its own matter.
                let scope = StepPath(entry.path.text.split(separator: "/").dropLast().joined(separator: "/"))
                if paths.contains(where: { $0.isInside(scope) }) { continue }
            }
            if let symbol = entry.note.outcomeSymbol { later[symbol, default: []].append(entry.path) }
            kept.append(entry)
        }
        return kept.reversed()
    }

    /// All notes in the order of the lists that the items came from, not in the order in which they ended.
    ///
    /// An instance about a ticker of which no step said how it ended gets a note of its own, so that no ticker is
    /// missing from the report.
    func ordered(by items: [ItemState]) -> [ItemNote] {
        var all = Self.current(entries)
        var noted: Set<String> = []
        for entry in entries where entry.note.isOutcome { noted.formUnion(entry.path.enclosing) }
        for (path, result) in results {
            guard let symbol = tickers[path], !noted.contains(path.text) else { continue }
            let code = result.status.rawValue.lowercased()
            all.append(
                Entry(
                    path: path.appending("end"),
                    note: .ended(symbol, status: result.status, code: code, message: result.message)
                )
            )
        }
        let ranks = Dictionary(
            items.enumerated().map { ($1.path.text, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let places = all.enumerated().map { index, entry in
            (entry.path.enclosing.compactMap { ranks[$0] }.min() ?? Int.max, index)
        }
        return places.sorted { $0 < $1 }.map { all[$0.1].note }
    }
}

extension ItemNote {
    /// The ticker that the note makes a row of the report for.
    fileprivate var outcomeSymbol: Symbol? {
        switch self {
        case .ended(let symbol, _, _, _), .parent(let symbol, _), .repeated(let symbol, _, _, _): symbol
        case .decision, .remark, .rebalance, .cut: nil
        }
    }

    /// Whether the note makes a row of the report.
    var isOutcome: Bool {
        switch self {
        case .ended, .parent, .repeated: true
        case .decision, .remark, .rebalance, .cut: false
        }
    }
}
