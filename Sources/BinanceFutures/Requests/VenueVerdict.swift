import Foundation
public import Networking

/// An error as the venue words it: `{"code":-1121,"msg":"Invalid symbol."}`.
public struct VenueMessage: Hashable, Sendable, Decodable {
    public let code: Int
    public let message: String

    private enum CodingKeys: String, CodingKey {
        case code
        case message = "msg"
    }

    public init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    /// Reads an answer's body; `nil` for anything that is no such error.
    init?(_ body: [UInt8]) {
        guard let message = try? JSONDecoder().decode(VenueMessage.self, from: Data(body)) else { return nil }
        self = message
    }
}

/// What became of a request that changes something.
///
/// Source: Binance, USDⓈ-M futures, "General info: HTTP return codes" and "Error codes"; what they do not name counts as unknown.
public enum VenueVerdict: Hashable, Sendable {
    case accepted
    /// Surely not executed, by the venue's own word about the request.
    case refused(VenueMessage)
    /// Surely not executed, for a reason that passes: a new order may be tried later.
    case unavailable(reason: String, Passing)
    /// It may have been executed.
    case unknown(reason: String)

    /// What passes, and what has to be done before the next try.
    public enum Passing: String, Hashable, Sendable, CaseIterable {
        /// Nothing reached the venue.
        case notReached
        /// Too many requests; wait as long as the venue says.
        case limited
        /// The venue turned it away from overload or by an error of its own.
        case busy
        /// Our time was off or the request came too late: the clock is measured again.
        case late
    }

    /// The verdict on a request to which there is no whole answer.
    public init(_ error: HTTPError) {
        self =
            error.isSurelyNotSent
            ? .unavailable(reason: error.description, .notReached) : .unknown(reason: error.description)
    }

    /// The verdict on an answer.
    ///
    /// - Parameters:
    ///   - status: The answer's HTTP status.
    ///   - message: The error in its body, where there is one.
    ///   - text: The body's beginning, for an error that is not JSON.
    public init(status: Int, _ message: VenueMessage?, text: String = "") {
        let words = message.map { "\($0.message) (\($0.code))" } ?? text
        switch (status, message?.code) {
        case (200..<300, nil), (200..<300, 200): self = .accepted
        case (200..<300, _): self = .unknown(reason: "HTTP \(status) with an error: \(words)")
        // Not sure whatever else is said.
        case (408, _), (400..<500, -1000), (400..<500, -1006), (400..<500, -1007):
            self = .unknown(reason: "HTTP \(status): \(words)")
        // An order of this id is open: an earlier copy has arrived, or another process used the id.
        case (400..<500, -4116): self = .unknown(reason: "HTTP \(status): \(words)")
        case (418, _), (429, _), (400..<500, -1003), (400..<500, -1015):
            self = .unavailable(reason: "HTTP \(status): \(words)", .limited)
        case (400..<500, -1021), (400..<500, -5028): self = .unavailable(reason: words, .late)
        case (400..<500, -1001), (400..<500, -1008), (400..<500, -1016):
            self = .unavailable(reason: words, .busy)
        case (403, nil): self = .unavailable(reason: "HTTP 403: stopped by the venue's firewall", .busy)
        case (400..<500, .some): self = message.map(VenueVerdict.refused) ?? .unknown(reason: words)
        case (503, -1001), (503, -1008): self = .unavailable(reason: "HTTP 503: \(words)", .busy)
        case (503, _) where (message?.message ?? text).hasPrefix("Service Unavailable"):
            self = .unavailable(reason: "HTTP 503: \(words)", .busy)
        default: self = .unknown(reason: "HTTP \(status): \(words)")
        }
    }

    init(_ response: HTTPResponse) {
        self.init(
            status: response.status,
            VenueMessage(response.body),
            text: String(decoding: response.body.prefix(200), as: UTF8.self)
        )
    }
}

extension VenueMessage {
    /// A name for the refusals that people meet; others go by their number.
    public var name: String {
        switch code {
        case -1002, -2014, -2015: "key_refused"
        case -1022: "signature_refused"
        case -1111, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4023, -4164: "filter_refused"
        case -4016, -4024, -4131: "price_out_of_band"
        case -1121, -4140, -4141, -1122: "symbol_not_trading"
        case -2011: "order_gone"
        case -2013: "order_not_found"
        case -2018, -2019, -2027, -2028: "insufficient_margin"
        case -2022, -4118: "reduce_only_refused"
        case -2023: "in_liquidation"
        case -2025: "too_many_open_orders"
        case -4061, -4060: "position_mode"
        case -4087, -4088, -4192, -4400, -4401, -4402, -4403: "trading_restricted"
        case -5021: "fill_or_kill_unfillable"
        case -5022: "post_only_would_take"
        default: "venue_\(code.magnitude)"
        }
    }

    /// Whether a request was refused for its time: our idea of the venue's clock is off, or the request came too late.
    var meansLate: Bool { code == -1021 || code == -5028 }

    /// Whether the mark price that the order was prepared by may be another by now.
    var meansMarkMoved: Bool { name == "price_out_of_band" }

    /// Whether what we know of the symbol's filters is out of date.
    var meansFiltersChanged: Bool { name == "filter_refused" || name == "symbol_not_trading" }
}
