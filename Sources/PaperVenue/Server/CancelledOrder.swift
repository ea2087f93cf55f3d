import Crypto
import Foundation
import TradingDomain

/// The order that a cancel is about, as the venue itself tells its owner.
struct CancelledOrder {
    private struct Row: Decodable {
        let symbol: Symbol
        let side: String
        let price: String
        let origQty: String
        let executedQty: String
    }

    let symbol: Symbol
    private let isBuy: Bool
    private let price: Price
    /// A trade of the market that fills half of what is open, at least one step.
    let trade: VenueMarketEvent

    /// Asks the exchange in the name of the account, so that its inside need not be known here.
    ///
    /// - Returns: `nil` when the request cancels no single open limit order.
    init?(_ request: VenueRequest, _ exchange: Exchange, at now: Timestamp) {
        guard request.path.hasSuffix("/order"), let key = request.apiKey,
            let account = exchange.settings.accounts.first(where: { $0.key == key })
        else { return nil }
        let wanted = ["symbol", "orderId", "origClientOrderId"]
        let fields = (request.query + "&" + request.body).split(separator: "&").filter { field in
            wanted.contains { field.hasPrefix($0 + "=") }
        }
        let query = (fields + ["timestamp=\(now.milliseconds)"]).joined(separator: "&")
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(query.utf8),
            using: SymmetricKey(data: Data(account.secret.utf8))
        )
        let signature = code.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        let question = VenueRequest(
            method: "GET",
            path: "/fapi/v1/openOrder",
            query: query + "&signature=" + signature,
            apiKey: key,
            // Its weight counts for nobody else.
            address: "venue"
        )
        var asked = exchange
        let answer = asked.handle(question, at: now)
        guard answer.status == 200, let row = try? JSONDecoder().decode(Row.self, from: Data(answer.body.utf8)),
            let rules = exchange.settings.symbols.first(where: { $0.name == row.symbol }),
            let price = try? Price(parsing: row.price), price > .zero,
            let whole = try? Quantity(parsing: row.origQty), let done = try? Quantity(parsing: row.executedQty)
        else { return nil }  // no open limit order: there is nothing to fill
        let steps = max(1, (whole - done).units / rules.step.units / 2)
        symbol = row.symbol
        isBuy = row.side == "BUY"
        self.price = price
        trade = .trade(
            row.symbol,
            price: price,
            quantity: Quantity(units: steps * rules.step.units),
            buyerIsMaker: isBuy
        )
    }

    /// A book without the levels that would trade before the order or beside it.
    func away(_ book: VenueMarketEvent) -> VenueMarketEvent {
        guard case .book(let symbol, let bids, let asks) = book else { return book }
        return .book(
            symbol,
            bids: isBuy ? bids.filter { $0.0 < price } : bids,
            asks: isBuy ? asks : asks.filter { $0.0 > price }
        )
    }
}
