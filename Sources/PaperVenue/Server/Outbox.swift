/// What waits to leave the venue until the changes behind it are on the disk.
///
/// Deliveries leave in the order in which they were put in, whether or not they waited.
struct Outbox {
    private var waiting: [(group: Int, deliver: () -> Void)] = []
    /// Groups of changes handed to the log, and how many of them are known to be on the disk.
    private(set) var written = 0
    private(set) var durable = 0

    /// Whether something was written that is not known to be on the disk.
    var isDirty: Bool { durable < written }

    mutating func wrote() { written += 1 }

    /// - Returns: The delivery when nothing holds it back; the caller performs it.
    mutating func put(_ deliver: @escaping () -> Void) -> (() -> Void)? {
        if waiting.isEmpty, durable >= written { return deliver }
        waiting.append((written, deliver))
        return nil
    }

    /// Everything that may leave now that the first `count` groups are on the disk.
    mutating func becameDurable(_ count: Int) -> [() -> Void] {
        durable = max(durable, count)
        let ready = waiting.prefix { $0.group <= durable }.map(\.deliver)
        waiting.removeFirst(ready.count)
        return ready
    }
}
