/// A message to the WebSocket of requests: `{"id":…,"method":"order.place","params":{…}}`.
struct SocketCall {
    enum Kind {
        case request(VenueRequest)
        /// `session.logon`, `session.status` or `session.logout`.
        case session(String)
    }

    /// As it came; null where there is none.
    let id: WireValue
    let kind: Kind
    /// What the call itself says about limits in its answer.
    let tellsLimits: Bool?

    /// Why a message is no call.
    struct Refusal: Error {
        let id: WireValue
        let code: Int
        let message: String

        /// What is sent back.
        var answer: String {
            "{\"id\":\(id.json),\"status\":400,\"error\":\(JSONText.error(code, message)),\"rateLimits\":[]}"
        }
    }

    /// The request over HTTP that a method is.
    private static let requests: [String: (method: String, path: String)] = [
        "order.place": ("POST", "/fapi/v1/order"),
        "order.modify": ("PUT", "/fapi/v1/order"),
        "order.cancel": ("DELETE", "/fapi/v1/order"),
        "order.status": ("GET", "/fapi/v1/order"),
        "account.balance": ("GET", "/fapi/v2/balance"),
        "account.status": ("GET", "/fapi/v2/account"),
        "account.position": ("GET", "/fapi/v2/positionRisk"),
        "v2/account.balance": ("GET", "/fapi/v3/balance"),
        "v2/account.status": ("GET", "/fapi/v3/account"),
        "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
        "depth": ("GET", "/fapi/v1/depth"),
        "ticker.price": ("GET", "/fapi/v1/ticker/price"),
        "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
        "userDataStream.start": ("POST", "/fapi/v1/listenKey"),
        "userDataStream.ping": ("PUT", "/fapi/v1/listenKey"),
        "userDataStream.stop": ("DELETE", "/fapi/v1/listenKey"),
    ]

    /// Reads a message that came from `address`.
    init(_ text: String, from address: String) throws(Refusal) {
        guard let call = WireReader.read(text), case .object = call else {
            throw Refusal(id: .null, code: -1135, message: "Invalid JSON request")
        }
        let id = call["id"] ?? .null
        guard case .text(let name)? = call["method"] else {
            throw Refusal(
                id: id,
                code: -1102,
                message: "Mandatory parameter 'method' was not sent, was empty/null, or malformed."
            )
        }
        var fields: [String: String] = [:]
        switch call["params"] {
        case nil, .null?: break
        case .object(let members)?:
            for member in members {
                switch member.value {
                case .text(let value), .number(let value): fields[member.key] = value
                case .flag(let flag): fields[member.key] = flag ? "true" : "false"
                case .null: break
                case .list, .object:
                    throw Refusal(id: id, code: -1130, message: "Data sent for parameter '\(member.key)' is not valid.")
                }
            }
        default: throw Refusal(id: id, code: -1130, message: "Data sent for parameter 'params' is not valid.")
        }
        self.id = id
        tellsLimits = fields["returnRateLimits"].map { $0 == "true" }
        if name.hasPrefix("session.") {
            guard ["session.logon", "session.status", "session.logout"].contains(name) else {
                throw Refusal(id: id, code: -5000, message: "Method \(name) is invalid")
            }
            kind = .session(name)
            return
        }
        guard let request = Self.requests[name] else {
            throw Refusal(id: id, code: -5000, message: "Method \(name) is invalid")
        }
        let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let encoded = sorted.filter { $0.key != "apiKey" }.map { "\(Self.escaped($0.key))=\(Self.escaped($0.value))" }
        kind = .request(
            VenueRequest(
                method: request.method,
                path: request.path,
                query: encoded.joined(separator: "&"),
                apiKey: fields["apiKey"],
                signed: sorted.filter { $0.key != "signature" }.map { "\($0.key)=\($0.value)" }.joined(separator: "&"),
                address: address
            )
        )
    }

    /// A name or value as it stands in a query.
    private static func escaped(_ text: String) -> String {
        var found = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                found.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                found += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return found
    }
}
