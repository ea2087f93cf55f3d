import Foundation
import PostgresStore

/// The judge of `scripts/crash`: SQL that holds our tables against the venue's own record.
enum Judge {
    /// Where the venue's record is.
    enum Record: String {
        /// In the simulated venue's schema.
        case simulated
        /// In the table `judged_record`, as the local exchange gives it.
        case recorded
    }

    /// What is wrong of everything in a database, once all in it has ended; each begins with `duplicated`, `lost` or
    /// `unexplained`.
    static func findings(
        _ connection: PostgresConnection,
        by record: Record = .simulated
    ) async throws -> [String] {
        let sql = try [record.rawValue, "judge"].map { part in
            try String(contentsOfFile: "\(Home.root)/scripts/lib/judge/\(part).sql", encoding: .utf8)
        }.joined()
        return try await connection.query(sql).map { "\(try $0.text("verdict")): \(try $0.text("what"))" }
    }
}
