import Foundation
import Testing
import TradingDomain

/// A file of independent reference values, in the folder `$SMARTEXEC_SHARED` or `../shared` beside the package.
struct GoldenCases {
    let root: [String: Any]

    init(_ name: String) throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let folder = shared.map { URL(filePath: $0) } ?? package.deletingLastPathComponent().appending(path: "shared")
        let data = try Data(contentsOf: folder.appending(path: "golden/\(name)"))
        root = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    func cases(_ kind: String) throws -> [[String: Any]] {
        let cases = try #require(root["cases"] as? [[String: Any]])
        return cases.filter { $0["kind"] as? String == kind }
    }

    func object(_ path: String...) throws -> [String: Any] {
        try path.reduce(root) { try #require($0[$1] as? [String: Any], "no \($1)") }
    }
}

/// Dates and times of a test, written as text.
enum Fixed {
    static func day(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text), "no date: \(text)") }
    static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text), "no time: \(text)") }
    static func symbol(_ text: String) throws -> Symbol { try #require(Symbol(text), "no symbol: \(text)") }
}
