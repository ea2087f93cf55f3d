/// The prepared statements of one connection, by SQL text.
struct StatementCache {
    /// Two hundred and fifty-six is more than our distinct statements; the bound holds generated SQL in check.
    static let defaultCapacity = 256

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    init(capacity: Int = Self.defaultCapacity) {
        precondition(capacity > 0, "capacity must be positive, was \(capacity)")
        self.capacity = capacity
    }

    var count: Int { entries.count }

    /// Returns the name under which the server knows `sql`, and marks it as just used.
    mutating func name(of sql: String) -> String? {
        guard var entry = entries[sql] else { return nil }
        uses += 1
        entry.lastUse = uses
        entries[sql] = entry
        return entry.name
    }

    /// Returns a name that this connection never had.
    mutating func makeName() -> String {
        names += 1
        return "s\(names)"
    }

    mutating func insert(_ sql: String, name: String) {
        uses += 1
        entries[sql] = Entry(name: name, lastUse: uses)
    }

    /// Forgets `sql`, because the server did.
    mutating func remove(_ sql: String) { entries[sql] = nil }

    /// Removes the least recently used statements over the bound, with room for one more, and returns their names.
    mutating func evict() -> [String] {
        var names: [String] = []
        while entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            names.append(oldest.value.name)
            entries[oldest.key] = nil
        }
        return names
    }
}
