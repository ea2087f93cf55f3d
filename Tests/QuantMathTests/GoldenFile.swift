import Foundation
import Testing

/// A file of independent reference values, in the folder `$SMARTEXEC_SHARED` or `../shared` beside the package.
struct GoldenFile {
    private let cases: [String: [String: Any]]

    init(_ name: String) throws {
        let object = try JSONSerialization.jsonObject(with: Self.data("golden/\(name)"))
        let root = try #require(object as? [String: Any])
        let list = try #require(root["cases"] as? [[String: Any]])
        cases = Dictionary(uniqueKeysWithValues: list.compactMap { item in (item["id"] as? String).map { ($0, item) } })
    }

    /// Names of all cases, sorted.
    var ids: [String] { cases.keys.sorted() }

    func inputs(_ id: String) throws -> [String: Any] {
        try #require(cases[id]?["inputs"] as? [String: Any], "no case \(id)")
    }

    func expected(_ id: String) throws -> [String: Any] {
        try #require(cases[id]?["expected"] as? [String: Any], "no case \(id)")
    }

    static func data(_ path: String) throws -> Data {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let folder = shared.map { URL(filePath: $0) } ?? root.deletingLastPathComponent().appending(path: "shared")
        return try Data(contentsOf: folder.appending(path: path))
    }
}

extension [String: Any] {
    func number(_ key: String) throws -> Double { try #require(self[key] as? Double, "no number \(key)") }
    func numbers(_ key: String) throws -> [Double] { try #require(self[key] as? [Double], "no numbers \(key)") }
    func integers(_ key: String) throws -> [Int] { try #require(self[key] as? [Int], "no integers \(key)") }
    func text(_ key: String) throws -> String { try #require(self[key] as? String, "no text \(key)") }
    func rows(_ key: String = "rows") throws -> [[String: Any]] {
        try #require(self[key] as? [[String: Any]], "no rows \(key)")
    }
}

/// `|actual − expected| ≤ absolute + relative × |expected|`, the reference files' own rule.
func close(_ actual: Double, _ expected: Double, relative: Double = 1e-14, absolute: Double = 1e-18) -> Bool {
    (actual - expected).magnitude <= absolute + relative * expected.magnitude
}
