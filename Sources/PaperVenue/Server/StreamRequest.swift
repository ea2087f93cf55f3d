import Foundation

/// A message that a client sends over a stream's connection.
struct StreamRequest {
    enum Method: Equatable {
        case subscribe([String])
        case unsubscribe([String])
        case list
        case setCombined(Bool)
        case getCombined
    }

    let method: Method
    /// The id as JSON text, echoed as it came: a number, a text or null.
    let id: String

    /// Why a message is refused, with the code that the venue gives.
    struct Refusal: Error, Equatable {
        let code: Int
        let message: String
        var id: String? = nil

        var json: String {
            let error = "{\"code\":\(code),\"msg\":\(JSONText.quoted(message))}"
            return id.map { "{\"error\":\(error),\"id\":\($0)}" } ?? error
        }
    }

    init(parsing text: String) throws(Refusal) {
        let parsed: Any
        do {
            parsed = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        } catch {
            throw Refusal(code: 3, message: "Invalid JSON: expected value at line 1 column 1")
        }
        guard let fields = parsed as? [String: Any] else {
            throw Refusal(code: 2, message: "Invalid request: request must be an object")
        }
        let id = Self.text(ofID: fields["id"])
        self.id = id ?? "null"
        func refuse(_ message: String) -> Refusal { Refusal(code: 2, message: "Invalid request: \(message)", id: id) }
        guard let name = fields["method"] as? String else { throw refuse("missing field `method`") }
        switch name {
        case "SUBSCRIBE", "UNSUBSCRIBE":
            guard let names = fields["params"] as? [String] else {
                throw refuse("params must be a list of stream names")
            }
            method = name == "SUBSCRIBE" ? .subscribe(names) : .unsubscribe(names)
        case "LIST_SUBSCRIPTIONS": method = .list
        case "SET_PROPERTY":
            let params = fields["params"] as? [Any] ?? []
            guard params.first as? String == "combined" else {
                throw Refusal(code: 0, message: "Unknown property", id: id)
            }
            guard params.count == 2, let flag = params[1] as? NSNumber, Self.isBoolean(flag) else {
                throw Refusal(code: 1, message: "Invalid value type: expected Boolean", id: id)
            }
            method = .setCombined(flag.boolValue)
        case "GET_PROPERTY":
            guard (fields["params"] as? [Any])?.first as? String == "combined" else {
                throw Refusal(code: 0, message: "Unknown property", id: id)
            }
            method = .getCombined
        default: throw refuse("unknown variant `\(name)`")
        }
    }

    private static func text(ofID value: Any?) -> String? {
        switch value {
        case let text as String: JSONText.quoted(text)
        case let number as NSNumber: isBoolean(number) ? (number.boolValue ? "true" : "false") : "\(number)"
        case is NSNull: "null"
        default: nil
        }
    }

    /// JSONSerialization gives booleans as numbers.
    private static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}

/// JSON text written by hand.
enum JSONText {
    /// A text in quotes, with escapes where JSON needs them.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case let scalar where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    static func error(_ code: Int, _ message: String) -> String { "{\"code\":\(code),\"msg\":\(quoted(message))}" }
}
