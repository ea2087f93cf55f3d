import TradingDomain

/// When each parent wants to be called next, earliest first.
///
/// A binary heap whose outdated entries are skipped, so that two thousand parents cost a logarithm per change
/// instead of a look at each of them per market event.
struct TimerQueue: Sendable {
    private struct Entry: Sendable {
        let at: Timestamp
        let parent: ParentOrderID
    }

    private var heap: [Entry] = []
    private var wakes: [ParentOrderID: Timestamp] = [:]

    /// The earliest time of any parent.
    var next: Timestamp? { heap.first?.at }

    /// Sets when a parent wants to be called; `nil` for never.
    mutating func set(_ parent: ParentOrderID, at time: Timestamp?) {
        guard wakes[parent] != time else { return }
        wakes[parent] = time
        if let time { push(Entry(at: time, parent: parent)) }
        dropOutdated()
    }

    /// Parents whose time has come, in no particular order; they stay in the queue until set anew.
    func due(at now: Timestamp) -> [ParentOrderID] {
        var found: [ParentOrderID] = []
        var places = [0]
        while let place = places.popLast() {
            guard place < heap.count, heap[place].at <= now else { continue }
            if isCurrent(heap[place]) { found.append(heap[place].parent) }
            places += [2 * place + 1, 2 * place + 2]
        }
        return found
    }

    private func isCurrent(_ entry: Entry) -> Bool { wakes[entry.parent] == entry.at }

    private mutating func dropOutdated() {
        while let first = heap.first, !isCurrent(first) {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            siftDown()
        }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var place = heap.count - 1
        while place > 0, heap[place].at < heap[(place - 1) / 2].at {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func siftDown() {
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child].at < heap[least].at {
                least = child
            }
            if least == place { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
