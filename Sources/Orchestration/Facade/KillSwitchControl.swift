public import RiskRules
public import TradingDomain

/// The kill switch as its store offers it: a port, so that façades know no database.
public protocol KillSwitchControl: Sendable {
    /// Turns it on; when this returns, no intent of the scope commits any more.
    ///
    /// - Parameters:
    ///   - reason: Why; shown with every blocked order.
    ///   - by: Who: a person, a program, or the rule that did.
    ///   - account: One account, or `nil` for all.
    ///   - flattens: Whether positions are closed once nothing else can trade; also asked of a halt that is on already.
    /// - Returns: The halt in force, the first one when it was on already.
    /// - Throws: `KillSwitchError` without a reason or a name, and the store's errors.
    func activate(reason: String, by: String, account: AccountID?, flattens: Bool) async throws -> HaltState

    /// Turns it off for exactly this scope.
    ///
    /// - Parameters:
    ///   - reason: Why trading may go on; recorded.
    ///   - by: Who.
    ///   - account: As it was activated; ending an account's halt leaves one over all accounts in force.
    /// - Throws: `KillSwitchError` without a reason or a name, and the store's errors.
    func deactivate(reason: String, by: String, account: AccountID?) async throws

    /// The halt in force for an account; one over all accounts comes before its own.
    func state(of account: AccountID) async throws -> HaltState
}
