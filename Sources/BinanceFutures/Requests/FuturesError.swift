public import ExecutionEngine
public import Networking

/// Why a question to the venue has no answer.
///
/// Of requests that change something ``VenueVerdict`` tells more.
public enum FuturesError: Error, Hashable, Sendable, CustomStringConvertible, ClassifiedError {
    case transport(HTTPError)
    /// The venue answered with an error.
    case answered(status: Int, VenueMessage)
    /// An answer that is not what the protocol says.
    case unreadable(call: String, status: Int, problem: String)
    /// Nothing was sent, so as not to go beyond the venue's limits.
    case withheld(RequestBudgetError)
    /// Nothing was sent: the venue has asked for silence.
    case silenced(VenueSilence)
    /// No question for the venue's time was answered.
    case clockUnknown
    /// The call needs a key and there is none.
    case noCredentials(call: String)
    case setup(FuturesSetupError)

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .transport(let error): error.code
        case .answered(_, let message): message.name
        case .unreadable: "venue_unreadable"
        case .withheld(let error): error.code
        case .silenced(let silence): silence.status == 418 ? "address_banned" : "rate_limited"
        case .clockUnknown: "venue_clock_unknown"
        case .noCredentials: "credentials_missing"
        case .setup(let error): error.code
        }
    }

    public var kind: ErrorKind {
        switch self {
        case .transport, .unreadable, .withheld, .silenced, .clockUnknown: .unavailable
        case .answered(let status, let message):
            switch VenueVerdict(status: status, message) {
            case .refused: .refused
            case .accepted, .unavailable, .unknown: .unavailable
            }
        case .noCredentials, .setup: .refused
        }
    }

    public var description: String {
        switch self {
        case .transport(let error): "The venue could not be asked: \(error)"
        case .answered(let status, let message): Self.words(status, message)
        case .unreadable(let call, let status, let problem):
            "The answer to \(call) (HTTP \(status)) is not understood: \(problem)."
        case .withheld(let error): "Nothing was sent: \(error)"
        case .silenced(let silence): silence.description
        case .clockUnknown: "The venue's clock could not be measured. Check the network and the venue's address."
        case .noCredentials(let call): "\(call) needs an API key. Set the account's credentials."
        case .setup(let error): error.description
        }
    }

    private static func words(_ status: Int, _ message: VenueMessage) -> String {
        let said = "The venue answered HTTP \(status), \(message.code): \(message.message)"
        return switch message.name {
        case "key_refused": "\(said) Check the API key, its permission for futures and its list of addresses."
        case "signature_refused": "\(said) The secret does not belong to the key; check both."
        default:
            switch message.code {
            case -1021, -5028: "\(said) The clock was measured again in vain; a machine that stalls has this too."
            case -1003: "\(said) Wait; the venue bans addresses that go on."
            case -1121: "\(said) Correct the symbol; `BTCUSDT` is how they look."
            default: said
            }
        }
    }
}
