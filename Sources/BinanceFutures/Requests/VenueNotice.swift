public import TradingDomain

/// How long a venue has asked to be left alone.
public struct VenueSilence: Hashable, Sendable, CustomStringConvertible {
    /// 418 for a ban of the address, 429 for a limit that was passed.
    public let status: Int
    /// By the venue's clock, where it is known.
    public let until: Timestamp

    public var description: String {
        status == 418
            ? "The venue has banned this address (HTTP 418) until \(until). Nothing is sent until then. Find out which "
                + "program here asks so much; who goes on is banned for longer."
            : "The venue's limit was passed (HTTP 429). Nothing is sent until \(until). Other programs at this address "
                + "count too."
    }
}

/// What people should know of the venue, besides its answers.
enum VenueNotice: Hashable, Sendable {
    /// The venue wants no requests for a while.
    case silenced(VenueSilence)
    /// The venue's clock is elsewhere than it was thought to be.
    case clockMoved(by: Duration)

    var code: String {
        switch self {
        case .silenced(let silence): silence.status == 418 ? "address_banned" : "rate_limited"
        case .clockMoved: "venue_clock_moved"
        }
    }

    var message: String {
        switch self {
        case .silenced(let silence): silence.description
        case .clockMoved(let by):
            "The venue's clock was measured anew and is \(by.milliseconds) ms from where it was thought to be. Requests "
                + "go by it now; what was refused for its time is decided anew, and nothing is sent again."
        }
    }
}
