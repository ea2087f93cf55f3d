import ExecutionAlgorithms

/// Which parents want to be called for which instrument's market data.
///
/// Parents and instruments are named by their places. A quote costs a look at one list, which is empty where nobody
/// asked for quotes, however many parents are being worked.
struct Subscriptions: Sendable {
    /// What each parent is on the lists for, by its place.
    private var held: [Interests] = []
    /// Parents that want quotes, by instrument, each list in order.
    private var quotes: [[Int]] = []
    /// Parents that want trades and bars, by instrument, each list in order.
    private var trades: [[Int]] = []

    /// Parents that want quotes of an instrument, in the order they came.
    func wantingQuotes(of instrument: Int) -> [Int] { instrument < quotes.count ? quotes[instrument] : [] }

    /// Parents that want trades of an instrument, in the order they came.
    func wantingTrades(of instrument: Int) -> [Int] { instrument < trades.count ? trades[instrument] : [] }

    /// What a parent wants now.
    func interests(of parent: Int) -> Interests { parent < held.count ? held[parent] : [] }

    /// Puts a parent on the lists that `interests` names and takes it off the others.
    mutating func set(_ interests: Interests, of parent: Int, on instrument: Int) {
        let before = self.interests(of: parent)
        guard interests != before else { return }
        while held.count <= parent { held.append([]) }
        held[parent] = interests
        let changed = interests.symmetricDifference(before)
        if changed.contains(.quotes) {
            Self.put(parent, in: &quotes, at: instrument, if: interests.contains(.quotes))
        }
        if changed.contains(.trades) {
            Self.put(parent, in: &trades, at: instrument, if: interests.contains(.trades))
        }
    }

    private static func put(_ parent: Int, in lists: inout [[Int]], at instrument: Int, if isWanted: Bool) {
        while lists.count <= instrument { lists.append([]) }
        if isWanted { lists[instrument].insert(sorted: parent) } else { lists[instrument].remove(sorted: parent) }
    }
}

extension [Int] {
    /// Adds an element to a sorted array that does not hold it.
    mutating func insert(sorted element: Int) { insert(element, at: firstIndex(notBelow: element)) }

    /// Removes an element from a sorted array, if it is there.
    mutating func remove(sorted element: Int) {
        let index = firstIndex(notBelow: element)
        if index < count, self[index] == element { remove(at: index) }
    }

    private func firstIndex(notBelow element: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
