public import Orchestration
public import RiskRules
public import TradingDomain

extension PostgresKillSwitch: KillSwitchControl {
    public func activate(
        reason: String,
        by: String,
        account: AccountID?,
        flattens: Bool
    ) async throws -> HaltState {
        switch try await activate(reason: reason, by: by, scope: Self.scope(account), flattens: flattens) {
        case .activated(let halt), .alreadyActive(let halt), .deactivated(let halt): .active(halt)
        case .notActive: .inactive
        }
    }

    public func deactivate(reason: String, by: String, account: AccountID?) async throws {
        let outcome: Outcome = try await deactivate(reason: reason, by: by, scope: Self.scope(account))
        _ = outcome
    }

    public func state(of account: AccountID) async throws -> HaltState { try await status(account) }

    private static func scope(_ account: AccountID?) -> Scope { account.map(Scope.account) ?? .all }
}
