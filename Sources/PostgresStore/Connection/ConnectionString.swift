import CPostgres

/// A connection URL or `key=value` string that libpq can read, taken apart so that its password stays out of messages.
struct ConnectionString: Sendable {
    /// The string as given.
    let text: String
    /// Where it leads, without secrets: `host=… port=… dbname=… user=…`.
    let server: String
    private let password: String?

    /// Parses `text`.
    ///
    /// - Throws: ``PostgresError/invalidURL(problem:)``, which quotes nothing of `text`: a password with an unescaped
    ///   `/` or `%` would turn up in libpq's own message.
    init(_ text: String) throws(PostgresError) {
        self.text = text
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            PQfreemem(message)
            throw .invalidURL(problem: "it is neither a URL nor key=value pairs, or a %XX in it is malformed")
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        password = values["password"].flatMap { $0.isEmpty ? nil : $0 }
        // user:p@ss@host parses as the host "ss@host", and libpq would print it.
        guard values["host"]?.contains("@") != true else {
            throw .invalidURL(problem: "the host contains @; write an @ in the password as %40")
        }
        // libpq's own check prints the text, which is a part of a password that holds an unescaped / or :.
        let ports = values["port"]?.split(separator: ",", omittingEmptySubsequences: true) ?? []
        guard ports.allSatisfy({ (1...65_535).contains(Int($0) ?? 0) }) else {
            throw .invalidURL(problem: "a port is not a number from 1 to 65535")
        }
        server = ["host", "port", "dbname", "user"].compactMap { key in values[key].map { "\(key)=\($0)" } }
            .joined(separator: " ")
    }

    /// Returns `message` without the password.
    func redacted(_ message: String) -> String {
        guard let password else { return message }
        return message.split(separator: password, omittingEmptySubsequences: false).joined(separator: "***")
    }
}
