import ExecutionEngine
public import RiskRules
public import TradingDomain

/// The account's limits and kill switch (RM-3, RM-5), as a façade over engine and store.
public struct RiskManager: Sendable {
    private let desk: Desk
    private let killSwitch: any KillSwitchControl

    public init(desk: Desk, killSwitch: any KillSwitchControl) {
        self.desk = desk
        self.killSwitch = killSwitch
    }

    /// Blocks new orders and cancels open ones, on every worker, until somebody deactivates it.
    ///
    /// - Parameters:
    ///   - reason: Why; shown with every blocked order.
    ///   - by: Who, for the record.
    ///   - everywhere: All accounts instead of this one.
    ///   - flatten: Whether positions are closed by market orders once nothing else can trade; also asked of a halt that is on
    ///     already.
    /// - Returns: The halt in force.
    /// - Throws: `KillSwitchError` without a reason, and the store's errors.
    @discardableResult
    public func activateKillSwitch(
        _ reason: String,
        by: String = "program",
        everywhere: Bool = false,
        flatten: Bool = false
    ) async throws -> HaltState {
        let state = try await killSwitch.activate(
            reason: reason,
            by: by,
            account: everywhere ? nil : desk.account,
            flattens: flatten
        )
        // Others learn of it with their next batch; the engine here need not wait for one.
        try await desk.engine.checkControls(at: await desk.clock.now())
        return state
    }

    /// Allows trading again; the reason is recorded.
    ///
    /// - Throws: `KillSwitchError` without a reason, and the store's errors.
    public func deactivateKillSwitch(
        _ reason: String,
        by: String = "program",
        everywhere: Bool = false
    ) async throws {
        try await killSwitch.deactivate(reason: reason, by: by, account: everywhere ? nil : desk.account)
        try await desk.engine.checkControls(at: await desk.clock.now())
    }

    /// The kill switch as it stands in the store.
    public func killSwitchState() async throws -> HaltState { try await killSwitch.state(of: desk.account) }

    /// Every limit that the account breaks as it stands, worst first.
    public func checkAllLimits() async -> [RiskViolation] {
        let snapshot = await desk.engine.riskSnapshot(at: await desk.clock.now())
        return RiskController.checkAllLimits(snapshot, desk.limits)
    }

    /// Every rule that `order` would break, whether it would be shrunk or blocked.
    public func checkAllLimits(_ order: ProposedOrder) async -> [RiskVerdict] {
        let snapshot = await desk.engine.riskSnapshot(at: await desk.clock.now(), naming: [order.instrument])
        return RiskController.checkAllLimits(order, snapshot, desk.limits)
    }
}
