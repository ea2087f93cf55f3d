import Crypto
import Foundation

/// A signing client of a venue of this machine, with a connection of its own.
final class VenueClient {
    let connection: RawConnection
    private let port: Int
    private let key: String
    private let secret: String

    init(port: Int, key: String = "test-key", secret: String = "test-secret", patience: Int = 60) throws {
        connection = try RawConnection(port: port, patience: patience)
        self.port = port
        self.key = key
        self.secret = secret
    }

    /// A call without signature.
    func call(_ method: String, _ target: String) throws -> RawConnection.Answer {
        try connection.request(method, target, headers: ["X-MBX-APIKEY": key])
    }

    /// A signed call with its fields in the query.
    func signed(_ method: String, _ path: String, _ fields: KeyValuePairs<String, String> = [:]) throws
        -> RawConnection.Answer
    {
        try connection.request(method, target(path, fields), headers: ["X-MBX-APIKEY": key])
    }

    func target(_ path: String, _ fields: KeyValuePairs<String, String>) throws -> String {
        let time = try venueTime()
        let query = (fields.map { "\($0.key)=\($0.value)" } + ["timestamp=\(time)"]).joined(separator: "&")
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(query.utf8),
            using: SymmetricKey(data: Data(secret.utf8))
        )
        return "\(path)?\(query)&signature=\(code.map { String(format: "%02x", $0) }.joined())"
    }

    func venueTime() throws -> Int64 {
        let answer = try RawConnection(port: port).request("GET", "/fapi/v1/time")
        return (try Self.object(answer.body)["serverTime"] as? NSNumber)?.int64Value ?? 0
    }

    /// A call below `/admin/`.
    func admin(_ method: String, _ target: String, body: String = "") throws -> RawConnection.Answer {
        try RawConnection(port: port).request(
            method,
            "/admin/" + target,
            body: body,
            headers: ["X-Venue-Admin": "test-admin"]
        )
    }

    /// Price of the best bid.
    func bestBid(_ symbol: String = "BTCUSDT") throws -> Double {
        let answer = try connection.request("GET", "/fapi/v1/depth?symbol=\(symbol)&limit=5")
        let bids = try Self.object(answer.body)["bids"] as? [[String]] ?? []
        return Double(bids.first?.first ?? "") ?? 0
    }

    /// A post-only buy far below the market.
    func rest(_ clientID: String, share: Double = 0.97) throws -> RawConnection.Answer {
        let price = (try bestBid() * share * 10).rounded(.down) / 10
        return try signed(
            "POST",
            "/fapi/v1/order",
            [
                "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTX", "quantity": "0.010",
                "price": String(format: "%.1f", price), "newClientOrderId": clientID,
            ]
        )
    }

    static func object(_ text: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }
}
