import Foundation
import TradingDomain

@testable import PaperVenue

/// An exchange with a live book, and somebody who sends it signed requests.
struct Desk {
    var exchange: Exchange
    var now: Timestamp
    /// Counts requests, so that no two come from one address and no limit is met unasked.
    private var requests = 0

    static let start = Timestamp(nanoseconds: 1_795_219_200_123_000_000)
    static let bitcoin = VenueSymbol.bitcoin.name

    init(_ settings: ExchangeSettings = .standard, hasBook: Bool = true) {
        exchange = Exchange(settings)
        now = Self.start
        exchange.advance(to: now)
        guard hasBook else { return }
        exchange.market(.mark(Self.bitcoin, price("95000")), at: now)
        quote("94999.90", "95000.10")
        _ = exchange.takeEvents()
    }

    /// A venue with several accounts, named and keyed `a`, `b` and so on.
    static func shared(_ names: String..., usdt: Int = 1_000_000) -> Desk {
        Desk(
            ExchangeSettings(
                symbols: [.bitcoin, .ether],
                accounts: names.map {
                    VenueAccount(name: $0, key: $0, secret: "secret-\($0)", balances: ["USDT": FixedDecimal(usdt)])
                }
            )
        )
    }

    mutating func quote(_ bid: String, _ ask: String, size: String = "5") {
        let bids = (0..<20).map { (Price(units: price(bid).units - Int64($0) * 10_000_000), quantity(size)) }
        let asks = (0..<20).map { (Price(units: price(ask).units + Int64($0) * 10_000_000), quantity(size)) }
        exchange.market(.book(Self.bitcoin, bids: bids, asks: asks), at: now)
    }

    mutating func mark(_ text: String) { exchange.market(.mark(Self.bitcoin, price(text)), at: now) }

    mutating func wait(_ milliseconds: Int64) {
        now = Timestamp(nanoseconds: now.nanoseconds + milliseconds * 1_000_000)
        exchange.advance(to: now)
    }

    // MARK: Requests

    struct Answer {
        let status: Int
        let headers: [String: String]
        let text: String

        var json: WireValue { WireReader.read(text) ?? .null }
        var code: Int? {
            guard case .number(let digits)? = json["code"] else { return nil }
            return Int(digits)
        }
        func text(_ key: String) -> String? {
            switch json[key] {
            case .text(let text), .number(let text): text
            case .flag(let flag): flag ? "true" : "false"
            default: nil
            }
        }
    }

    mutating func send(
        _ method: String,
        _ path: String,
        query: String = "",
        body: String = "",
        key: String? = nil,
        address: String? = nil
    ) -> Answer {
        requests += 1
        let request = VenueRequest(
            method: method,
            path: path,
            query: query,
            body: body,
            apiKey: key,
            address: address ?? "10.0.\(requests / 250).\(requests % 250)"
        )
        let answer = exchange.handle(request, at: now)
        var headers: [String: String] = [:]
        for (name, value) in answer.headers { headers[name] = value }
        return Answer(status: answer.status, headers: headers, text: answer.body)
    }

    /// A signed call of an account; `nil` values are left out.
    @discardableResult
    mutating func call(
        _ method: String,
        _ path: String,
        _ fields: KeyValuePairs<String, String?> = [:],
        as name: String = "test",
        timestamp: Int64? = nil,
        address: String? = nil
    ) -> Answer {
        let account = exchange.settings.accounts.first { $0.name == name }
        var items = fields.compactMap { pair in pair.value.map { "\(pair.key)=\(escaped($0))" } }
        items.append("timestamp=\(timestamp ?? now.milliseconds)")
        let text = items.joined(separator: "&")
        let signed = text + "&signature=" + Signature.make(text, secret: account?.secret ?? "")
        return method == "POST" || method == "PUT"
            ? send(method, path, body: signed, key: account?.key, address: address)
            : send(method, path, query: signed, key: account?.key, address: address)
    }

    private func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }

    /// A limit order, or a market order where there is no price.
    @discardableResult
    mutating func order(
        _ side: String,
        _ quantity: String,
        _ price: String? = nil,
        _ force: String = "GTC",
        id: String? = nil,
        as name: String = "test",
        reduceOnly: String? = nil,
        positionSide: String? = nil,
        prevention: String? = nil
    ) -> Answer {
        call(
            "POST",
            "/fapi/v1/order",
            [
                "symbol": "BTCUSDT", "side": side, "type": price == nil ? "MARKET" : "LIMIT", "quantity": quantity,
                "price": price, "timeInForce": price == nil ? nil : force, "newClientOrderId": id,
                "reduceOnly": reduceOnly, "positionSide": positionSide, "selfTradePreventionMode": prevention,
            ],
            as: name
        )
    }

    /// An order as it is now.
    mutating func fetch(_ answer: Answer, as name: String = "test") -> Answer {
        call("GET", "/fapi/v1/order", ["symbol": "BTCUSDT", "orderId": answer.text("orderId")], as: name)
    }

    // MARK: Events

    /// Events of an account since the last call, by name.
    mutating func told(_ account: String = "test") -> [(event: String, json: WireValue)] {
        exchange.takeEvents().compactMap {
            guard case .user(account, _, let event, let json) = $0 else { return nil }
            return (event, WireReader.read(json) ?? .null)
        }
    }

    func wallet(_ name: String = "test") -> FixedDecimal { exchange.account(name).state.wallets["USDT"] ?? .zero }
    func position(_ name: String = "test", _ side: VenuePositionSide = .both) -> VenuePosition {
        exchange.account(name).position(Self.bitcoin, side)
    }
}

func price(_ text: String) -> Price {
    guard let price = try? Price(parsing: text) else { preconditionFailure("\(text) is no price") }
    return price
}

func quantity(_ text: String) -> Quantity {
    guard let quantity = try? Quantity(parsing: text) else { preconditionFailure("\(text) is no quantity") }
    return quantity
}

func amount(_ text: String) -> FixedDecimal {
    guard let amount = try? FixedDecimal(parsing: text) else { preconditionFailure("\(text) is no amount") }
    return amount
}

extension WireValue {
    var keys: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.key)
    }
    var elements: [WireValue] {
        guard case .list(let elements) = self else { return [] }
        return elements
    }
    /// A text's or number's characters.
    var characters: String? {
        switch self {
        case .text(let text), .number(let text): text
        default: nil
        }
    }
}
