public import ExecutionEngine
public import TradingDomain

/// An account's orders while they are worked: how far they are, what is asked of them, and what happens to them.
///
/// A façade over the account's engine. Orders come into being by runs alone (``SmartExecutor``), so that none of them
/// goes round decision, size and risk.
public struct ExecutionManager: Sendable {
    private let desk: Desk

    public init(desk: Desk) { self.desk = desk }

    /// What happens to the account's orders from now on, as it becomes durable.
    ///
    /// - Parameter buffer: Events that wait for a slow reader, 1 or more; beyond that the oldest are dropped and counted.
    /// - Returns: The events, for one task to read.
    public func events(buffer: Int = 1024) -> ExecutionEvents {
        desk.engine.notifier.subscribe(to: desk.account, buffer: buffer)
    }

    /// How far orders are, in the order asked; orders that ended before this engine took the account are left out.
    public func progress(of orders: [ParentOrderID]) async -> [ParentProgress] {
        await desk.engine.progress(of: orders)
    }

    /// Cancels what is open of an order; what has filled stays.
    ///
    /// - Throws: The journal's errors.
    public func cancel(_ order: ParentOrderID, reason: String) async throws { try await ask(.cancel, order, reason) }

    /// Lets an order rest where it is: nothing new is sent, and what is open stays open.
    ///
    /// - Throws: The journal's errors.
    public func pause(_ order: ParentOrderID, reason: String) async throws { try await ask(.pause, order, reason) }

    /// Lets a paused order go on.
    ///
    /// - Throws: The journal's errors.
    public func resume(_ order: ParentOrderID, reason: String) async throws { try await ask(.resume, order, reason) }

    private func ask(_ kind: ParentCommand.Kind, _ order: ParentOrderID, _ reason: String) async throws {
        await desk.engine.enqueue([.command(ParentCommand(parent: order, kind: kind, reason: reason))])
        try await desk.clock.settle()
    }
}
