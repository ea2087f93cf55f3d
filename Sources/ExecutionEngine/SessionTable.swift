import OrderManagement
import TradingDomain

/// The sessions of an engine, each at a place of its own: from 0, in the order in which the parents came.
///
/// The engine sorts by place and indexes with it, so that no result depends on a dictionary's order, and a session is
/// changed where it lies instead of being copied out and back.
struct SessionTable: Sendable {
    /// By place; also of parents that have ended, since late fills still count.
    var all: [ExecutionSession] = []
    private var places: [ParentOrderID: Int] = [:]

    subscript(id: ParentOrderID) -> ExecutionSession? { places[id].map { all[$0] } }

    func place(of id: ParentOrderID) -> Int? { places[id] }

    /// Adds the session of a parent that has none yet and returns its place.
    mutating func add(_ session: ExecutionSession) -> Int {
        places[session.parent.id] = all.count
        all.append(session)
        return all.count - 1
    }
}
