internal import Crypto

/// HMAC-SHA256 over a request's bytes as they were sent.
enum Signature {
    /// Whether `given` signs what the request says it is over.
    static func isValid(_ given: String, of request: VenueRequest, secret: String) -> Bool {
        guard let signed = request.signed else {
            return isValid(given, query: request.query, body: request.body, secret: secret)
        }
        return make(signed, secret: secret) == given.lowercased()
    }

    /// Whether `given` signs query and body, from which the parameter `signature` is taken out wherever it stands.
    static func isValid(_ given: String, query: String, body: String, secret: String) -> Bool {
        make(without(query) + without(body), secret: secret) == given.lowercased()
    }

    static func make(_ message: String, secret: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(message.utf8),
            using: SymmetricKey(data: Array(secret.utf8))
        )
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in code {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The text without its last `signature=…` and the ampersand that joined it.
    private static func without(_ text: String) -> String {
        let name = Array("signature=".utf8)
        let bytes = Array(text.utf8)
        var start = bytes.count - name.count
        while start >= 0 {
            if bytes[start...].starts(with: name), start == 0 || bytes[start - 1] == UInt8(ascii: "&") { break }
            start -= 1
        }
        guard start >= 0 else { return text }
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "&") { end += 1 }
        // The ampersand in front goes with it; where there is none, the one behind.
        let head = start > 0 ? bytes[..<(start - 1)] : []
        let tail = start > 0 ? bytes[end...] : bytes[min(end + 1, bytes.count)...]
        return String(decoding: Array(head) + Array(tail), as: UTF8.self)
    }
}
