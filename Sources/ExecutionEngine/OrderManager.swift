public import TradingDomain

/// Orders of one account as a program steers them: how far they are, and pause, resume, amend, cancel.
///
/// A thin face of ``SmartExecutionEngine`` for those who hold one. Other processes write the same commands to the
/// journal: `smartexec orders`.
public struct OrderManager: Sendable {
    private let engine: SmartExecutionEngine

    public init(engine: SmartExecutionEngine) { self.engine = engine }

    /// How far the orders are that this engine works or has worked, in the order asked; others are left out.
    public func orders(_ ids: [ParentOrderID]) async -> [ParentProgress] { await engine.progress(of: ids) }

    /// Asks to cancel an order; what has filled counts, and the end follows when the venue has proven it (OM-2).
    ///
    /// - Throws: ``OrderManagerError``.
    public func cancel(_ id: ParentOrderID, reason: String) async throws(OrderManagerError) {
        try await ask(ParentCommand(parent: id, kind: .cancel, reason: reason))
    }

    /// Asks to send nothing more until the order is resumed; what is at the venue stays there.
    ///
    /// - Throws: ``OrderManagerError``.
    public func pause(_ id: ParentOrderID, reason: String) async throws(OrderManagerError) {
        try await ask(ParentCommand(parent: id, kind: .pause, reason: reason))
    }

    /// Lets a paused order go on.
    ///
    /// - Throws: ``OrderManagerError``.
    public func resume(_ id: ParentOrderID, reason: String) async throws(OrderManagerError) {
        try await ask(ParentCommand(parent: id, kind: .resume, reason: reason))
    }

    /// Asks to change an order's quantity, limit or end; its journal tells whether that was done or refused, and why.
    ///
    /// - Throws: ``OrderManagerError``.
    public func amend(
        _ id: ParentOrderID,
        _ amendment: ParentAmendment,
        reason: String
    ) async throws(OrderManagerError) {
        try await ask(ParentCommand(parent: id, kind: .amend, reason: reason, amendment: amendment))
    }

    /// Hands a command to the engine's next turn.
    private func ask(_ command: ParentCommand) async throws(OrderManagerError) {
        let id = command.parent
        guard let order = await engine.progress(of: [id]).first else {
            if await engine.isFinal(id) { throw .final(id, nil) }
            throw .unknown(id)
        }
        guard !order.state.isFinal else { throw .final(id, order.state) }
        await engine.enqueue([.command(command)])
    }
}

/// Why nothing can be asked of an order.
public enum OrderManagerError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknown(ParentOrderID)
    /// It ended in that state; `nil` when it had ended before this engine took the account.
    case final(ParentOrderID, ParentState?)

    public var code: String {
        switch self {
        case .unknown: "order_unknown"
        case .final: "order_final"
        }
    }

    public var description: String {
        switch self {
        case .unknown(let id): "This engine has no order \(id). Submit it first, or ask the account's own engine."
        case .final(let id, let state):
            "Order \(id) has ended\(state.map { " (\($0.rawValue))" } ?? ""); nothing can be asked of it any more."
        }
    }
}
