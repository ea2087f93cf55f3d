public import TradingDomain

/// What ends an engine by a fault of the program, its algorithms or those it talks to.
public enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Something feeds itself without time going on, such as an algorithm that asks again for what is refused.
    case restless(AccountID, at: Timestamp, turns: Int)

    public var code: String {
        switch self {
        case .restless: "engine_restless"
        }
    }

    public var description: String {
        switch self {
        case .restless(let account, let time, let turns):
            "Account \(account) did not come to rest at \(time) within \(turns) turns, so its engine stopped. An algorithm "
                + "that asks again for what is refused does that; `smartexec orders --open` shows what was worked."
        }
    }
}

extension EngineError: ClassifiedError {
    public var kind: ErrorKind { .unexpected }
}
