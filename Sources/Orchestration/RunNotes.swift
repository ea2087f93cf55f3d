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

    /// All notes in the order of the lists that the items came from, not in the order in which they ended.
    ///
    /// An instance about a ticker of which no step said how it ended gets a note of its own, so that no ticker is
    /// missing from the report.
    func ordered(by items: [ItemState]) -> [ItemNote] {
        var all = entries
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
    /// Whether the note makes a row of the report.
    var isOutcome: Bool {
        switch self {
        case .ended, .parent, .repeated: true
        case .decision, .remark: false
        }
    }
}
