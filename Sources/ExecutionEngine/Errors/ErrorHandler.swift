public import MarketData
public import Portfolio
public import QuantMath
public import RiskRules

/// What kind of trouble an error is; code must not confuse them.
public enum ErrorKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Surely not done, and asking again changes nothing until somebody changes something.
    case refused
    /// Maybe done: only evidence tells.
    case unknown
    /// Surely not done, since whoever should do it is away.
    case unavailable
    /// Somebody else has taken over what was worked here; nothing more may be written.
    case lost
    /// Nobody foresaw it.
    case unexpected
}

/// An error that knows what kind of trouble it is; every other is unexpected.
public protocol ClassifiedError: Error {
    /// Stable name for rows and metrics.
    var code: String { get }
    var kind: ErrorKind { get }
}

/// What is done about an error.
public enum ErrorResponse: Hashable, Sendable {
    /// The item or order at hand ends with it; everything else goes on.
    case failItem
    /// The work stops where it is and is kept, to be resumed.
    case stopRun
    /// The item ends with it, and its account goes into safe mode: only reductions until a person has looked (OP-11).
    case enterSafeMode
}

/// Decides what is done about errors, in one place: by their kind and by nothing else.
///
/// No error leads to an order being sent again: what may have been sent is unknown until the venue has told (DESIGN of
/// intents). What can be repeated without harm, a question to a broker or a batch with its key, is asked again after
/// ``wait(after:first:)``.
public enum ErrorHandler {
    /// The kind of an error; a cancelled task is no bug.
    public static func kind(of error: any Error) -> ErrorKind {
        if let known = error as? any ClassifiedError { return known.kind }
        return error is CancellationError ? .unavailable : .unexpected
    }

    /// The stable name of an error.
    public static func code(of error: any Error) -> String {
        (error as? any ClassifiedError)?.code ?? "unexpected_error"
    }

    public static func response(to error: any Error) -> ErrorResponse {
        switch kind(of: error) {
        case .refused: .failItem
        // Nobody can be sure of the outcome, or nobody can write it down.
        case .unknown, .unavailable, .lost: .stopRun
        case .unexpected: .enterSafeMode
        }
    }

    /// How long to wait before a harmless question is asked again (BR-5's 1, 2, 4, 8 s).
    ///
    /// - Parameters:
    ///   - attempt: How often it was asked in vain, from 1.
    ///   - first: The first wait.
    /// - Returns: `first`, then twice as long each time, and from the fourth time on eight times as long.
    public static func wait(after attempt: Int, first: Duration) -> Duration {
        first * (1 << min(max(attempt - 1, 0), 3))
    }
}

extension JournalError: ClassifiedError {
    public var kind: ErrorKind {
        switch self {
        case .fenced, .accountBusy: .lost
        case .outcomeUnknown: .unknown
        case .recordLost: .refused
        // What was confirmed is gone; it can be gone on with at once.
        case .unavailable, .commitsLost: .unavailable
        }
    }
}

/// The engine's own rooms refuse with errors of their own.
extension PortfolioError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension MarketDataError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension FormulaError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension KillSwitchError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension RoutingRefusal: ClassifiedError { public var kind: ErrorKind { .refused } }
