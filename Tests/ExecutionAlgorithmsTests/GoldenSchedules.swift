import Foundation
import Testing

/// One case of the reference schedules, as far as its kind fills it.
struct GoldenSchedule: CustomTestStringConvertible {
    let id: String
    let inputs: [String: Any]
    let expected: [String: Any]

    var testDescription: String { id }

    func numbers(_ key: String) throws -> [Double] {
        try #require(inputs[key] as? [NSNumber], "\(id) has no \(key)").map(\.doubleValue)
    }

    func integers(_ key: String) throws -> [Int64] {
        try #require(inputs[key] as? [NSNumber], "\(id) has no \(key)").map(\.int64Value)
    }

    func integer(_ key: String) throws -> Int64 {
        try #require(inputs[key] as? NSNumber, "\(id) has no \(key)").int64Value
    }

    func expectedIntegers(_ key: String) throws -> [Int64] {
        try #require(expected[key] as? [NSNumber], "\(id) expects no \(key)").map(\.int64Value)
    }

    func expectedNumbers(_ key: String) throws -> [Double] {
        try #require(expected[key] as? [NSNumber], "\(id) expects no \(key)").map(\.doubleValue)
    }

    /// The cases of one kind in both reference files; `$SMARTEXEC_SHARED` or `../shared` beside the package.
    static func cases(
        _ kind: String,
        in files: [String] = ["schedules", "schedules_profile"]
    ) throws -> [GoldenSchedule] {
        try files.flatMap { name in
            let object = try JSONSerialization.jsonObject(with: data("golden/\(name).json"))
            let list = try #require((object as? [String: Any])?["cases"] as? [[String: Any]])
            return try list.filter { $0["kind"] as? String == kind }.map { item in
                GoldenSchedule(
                    id: try #require(item["id"] as? String),
                    inputs: try #require(item["inputs"] as? [String: Any]),
                    expected: try #require(item["expected"] as? [String: Any])
                )
            }
        }
    }

    private static func data(_ path: String) throws -> Data {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let folder = shared.map { URL(filePath: $0) } ?? root.deletingLastPathComponent().appending(path: "shared")
        return try Data(contentsOf: folder.appending(path: path))
    }
}
