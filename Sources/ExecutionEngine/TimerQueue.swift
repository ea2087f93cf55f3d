import TradingDomain

/// When each of many wants to be called next, earliest first.
///
/// A binary heap with one entry for each key that knows where its entry is, so that a change costs a logarithm and
/// nothing outdated piles up.
struct TimerQueue<Key: Hashable & Comparable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var at: Timestamp
        let key: Key
    }

    private var heap: [Entry] = []
    /// Where in the heap the entry of a key is.
    private var places: [Key: Int] = [:]

    /// The earliest time of any key.
    var next: Timestamp? { heap.first?.at }

    /// When a key wants to be called; `nil` for never.
    subscript(key: Key) -> Timestamp? {
        get { places[key].map { heap[$0].at } }
        set { set(key, at: newValue) }
    }

    /// Keys whose time has come, in their own order; they stay in the queue until set anew.
    func due(at now: Timestamp) -> [Key] {
        guard let next, next <= now else { return [] }
        var found: [Key] = []
        var places = [0]
        while let place = places.popLast() {
            guard place < heap.count, heap[place].at <= now else { continue }
            found.append(heap[place].key)
            places += [2 * place + 1, 2 * place + 2]
        }
        return found.sorted()
    }

    private mutating func set(_ key: Key, at time: Timestamp?) {
        switch (places[key], time) {
        case (nil, nil):
            break
        case (nil, let time?):
            heap.append(Entry(at: time, key: key))
            places[key] = heap.count - 1
            siftUp(heap.count - 1)
        case (let place?, let time?):
            let before = heap[place].at
            guard time != before else { return }
            heap[place].at = time
            if time < before { siftUp(place) } else { siftDown(place) }
        case (let place?, nil):
            remove(place)
        }
    }

    private mutating func remove(_ place: Int) {
        places[heap[place].key] = nil
        let last = heap.removeLast()
        guard place < heap.count else { return }
        put(last, at: place)
        siftUp(place)
        siftDown(place)
    }

    private mutating func siftUp(_ start: Int) {
        let entry = heap[start]
        var place = start
        while place > 0, entry.at < heap[(place - 1) / 2].at {
            put(heap[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        if place != start { put(entry, at: place) }
    }

    private mutating func siftDown(_ start: Int) {
        let entry = heap[start]
        var place = start
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].at < heap[child].at { child += 1 }
            guard heap[child].at < entry.at else { break }
            put(heap[child], at: place)
            place = child
        }
        if place != start { put(entry, at: place) }
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        places[entry.key] = place
    }
}
