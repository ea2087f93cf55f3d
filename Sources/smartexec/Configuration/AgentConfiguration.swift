import TradingDomain

/// A trading agent by its kind, with what that kind needs.
enum AgentConfiguration: Hashable, Sendable {
    case momentum(MomentumAgentConfiguration)
    /// Answers from a decision file, which the run names.
    case file(FileAgentConfiguration)
    case process(ProcessAgentConfiguration)
    case http(HTTPAgentConfiguration)

    enum Kind: String, CaseIterable, Hashable, Sendable {
        case momentum, file, process, http
    }

    /// True for variables that lead to our state or database: no agent sees one, whatever its configuration says.
    static func isOurs(_ variable: String) -> Bool {
        let name = variable.uppercased()
        return name.hasPrefix("SMARTEXEC") || name.hasPrefix("PG") || name == "DATABASE_URL"
    }

    var kind: Kind {
        switch self {
        case .momentum: .momentum
        case .file: .file
        case .process: .process
        case .http: .http
        }
    }
}

struct MomentumAgentConfiguration: Hashable, Sendable {
    /// Bars in the window, at least 2.
    var lookback: Int
    /// Move that counts, in units of the window's volatility; greater than zero.
    var threshold: FixedDecimal
    /// Percent points of equity to buy.
    var sizePercent: FixedDecimal
    var urgency: Urgency
}

struct FileAgentConfiguration: Hashable, Sendable {
    /// The decision file when the run names none.
    var path: String?
}

struct ProcessAgentConfiguration: Hashable, Sendable {
    /// Program and arguments; run without a shell.
    var command: [String]
    var deadline: Duration
    /// Names of environment variables that the child may see; no other is passed on.
    var environment: [String]
}

struct HTTPAgentConfiguration: Hashable, Sendable {
    /// `http://` or `https://`.
    var url: String
    var deadline: Duration
    /// Longest answer that is read.
    var maxResponseBytes: Int
}
