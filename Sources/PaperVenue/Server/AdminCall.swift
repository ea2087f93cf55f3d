import Foundation
import TradingDomain
import YAMLNodes

/// What someone who runs the venue asks of it, beside its clients.
enum AdminCall {
    case record(account: String?)
    case clock
    case faults
    case addFaults([FaultRule])
    case clearFaults
    /// Somebody trades at a price, so that orders of accounts at it fill.
    case trade(VenueMarketEvent)
    /// Other rules for a symbol from now on, until the venue ends.
    case change(SymbolChange)
    case refused(VenueAnswer)

    /// The header with the token.
    static let header = "x-venue-admin"

    /// Reads a request whose `apiKey` is the token that it carried.
    init(_ request: VenueRequest, token: String) {
        guard request.apiKey == token else {
            self = .refused(
                FaultAnswers.make(
                    401,
                    JSONText.error(-2015, "Send the venue's admin token in the header X-Venue-Admin.")
                )
            )
            return
        }
        let query = Self.fields(request.query)
        switch (request.method, request.path) {
        case ("GET", "/admin/record"): self = .record(account: query["account"])
        case ("GET", "/admin/clock"): self = .clock
        case ("GET", "/admin/faults"): self = .faults
        case ("DELETE", "/admin/faults"): self = .clearFaults
        case ("POST", "/admin/faults"): self = Self.schedule(request.body)
        case ("POST", "/admin/trade"): self = Self.trade(query)
        case ("POST", "/admin/symbol"): self = Self.change(query)
        default:
            let known = "GET record, clock, faults; POST faults, trade, symbol; DELETE faults"
            self = .refused(FaultAnswers.make(404, JSONText.error(-5000, "There is no such call; there are \(known).")))
        }
    }

    private static func schedule(_ body: String) -> AdminCall {
        let diagnostics = Diagnostics()
        if let schedule = FaultSchedule.read(bytes: Array(body.utf8), name: "faults.yaml", into: diagnostics) {
            return .addFaults(schedule.rules)
        }
        return .refused(FaultAnswers.make(400, JSONText.error(-1102, diagnostics.sorted.rendered)))
    }

    private static func trade(_ query: [String: String]) -> AdminCall {
        guard let symbol = query["symbol"].flatMap({ Symbol($0) }),
            let price = try? query["price"].map({ try Price(parsing: $0) }),
            let quantity = try? query["quantity"].map({ try Quantity(parsing: $0) })  // the message says what is wanted
        else { return .refused(FaultAnswers.make(400, JSONText.error(-1102, "Send symbol, price and quantity."))) }
        let isSale = query["side"] == "SELL"
        return .trade(.trade(symbol, price: price, quantity: quantity, buyerIsMaker: isSale))
    }

    private static func change(_ query: [String: String]) -> AdminCall {
        if let change = SymbolChange(query) { return .change(change) }
        let words = "Send symbol and any of tick, step, least_quantity, most_market_quantity, least_notional, status."
        return .refused(FaultAnswers.make(400, JSONText.error(-1102, words)))
    }

    private static func fields(_ query: String) -> [String: String] {
        var fields: [String: String] = [:]
        for field in query.split(separator: "&") {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if pair.count == 2 { fields[pair[0]] = pair[1].removingPercentEncoding ?? pair[1] }
        }
        return fields
    }

    /// The key in an answer to a request for one; empty when there is none.
    static func listenKey(_ answer: VenueAnswer) -> String {
        // Any other answer has no key, which is what is asked.
        let fields = try? JSONDecoder().decode([String: String].self, from: Data(answer.body.utf8))
        return fields?["listenKey"] ?? ""
    }

    static func answer(_ lines: [FaultPlan.Line]) -> VenueAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Lines hold plain values, which always encode.
        let json = (try? encoder.encode(lines)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        return FaultAnswers.make(200, "{\"faults\":\(json)}")
    }
}
