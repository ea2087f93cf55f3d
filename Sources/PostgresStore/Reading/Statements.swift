import Foundation

/// The statements in `Queries/`, one per file, by file name.
enum Statements {
    /// Read once: they are resources of the program and do not change while it runs.
    private static let texts: [String: String] = {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Queries").path
        // A folder that cannot be read shows as the first statement that is missing.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var texts: [String: String] = [:]
        for file in files where file.hasSuffix(".sql") {
            texts[String(file.dropLast(4))] = try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
        }
        return texts
    }()

    /// The names of all statements, in order.
    static var names: [String] { texts.keys.sorted() }

    /// Returns the statement in `Queries/NAME.sql`.
    ///
    /// - Throws: ``PostgresError/unexpectedAnswer(problem:)`` when the program's resources are incomplete.
    static func named(_ name: String) throws(PostgresError) -> String {
        guard let text = texts[name] else {
            throw .unexpectedAnswer(
                problem: "the statement \(name).sql is not among the program's resources; install it again"
            )
        }
        return text
    }
}

extension PostgresStatement {
    /// The statement in `Queries/NAME.sql` with its values.
    init(file name: String, _ parameters: [PostgresValue] = []) throws(PostgresError) {
        self.init(try Statements.named(name), parameters)
    }
}

extension PostgresConnection {
    /// Runs the statement in `Queries/NAME.sql`.
    func run(file name: String, _ parameters: [PostgresValue] = []) throws(PostgresError) -> PostgresResult {
        try query(try Statements.named(name), parameters)
    }
}
