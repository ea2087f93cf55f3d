import Foundation
import QuantMath
import Testing

extension GoldenFile {
    /// The numbers of a column of a CSV file of the golden folder; rows where it is empty are left out.
    static func column(_ name: String, of file: String) throws -> [Double] {
        let text = String(decoding: try data("golden/\(file)"), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let head = try #require(lines.first).split(separator: ",", omittingEmptySubsequences: false)
        let place = try #require(head.firstIndex { $0 == name }, "no column \(name) in \(file)")
        return try lines.dropFirst().compactMap { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard !cells[place].isEmpty else { return nil }
            return try #require(Double(String(cells[place])) as Double?, "no number in \(line)")
        }
    }

    /// The returns that a case's inputs hold, or point to.
    static func returns(_ inputs: [String: Any]) throws -> [Double] {
        if let inline = inputs["returns"] as? [Double] { return inline }
        let all = try column(inputs.text("column"), of: inputs.text("file"))
        let first = inputs["first_return_index"] as? Int ?? 0
        let count = inputs["count"] as? Int ?? all.count
        let scale = inputs["scale"] as? Double ?? 1
        return all[first..<(first + count)].map { $0 * scale }
    }
}

extension [String: Any] {
    /// A number, or `nil` where the file says `null`.
    func optional(_ key: String) throws -> Double? {
        let value = try #require(self[key], "no entry \(key)")
        return value is NSNull ? nil : try #require(value as? Double, "no number \(key)")
    }

    /// Numbers, `nil` where the file says `null`.
    func optionals(_ key: String) throws -> [Double?] {
        try #require(self[key] as? [Any], "no list \(key)").map { value in
            value is NSNull ? nil : try #require(value as? Double, "no number in \(key)")
        }
    }

    func object(_ key: String) throws -> [String: Any] {
        try #require(self[key] as? [String: Any], "no object \(key)")
    }

    func matrix(_ key: String) throws -> [[Double]] { try #require(self[key] as? [[Double]], "no matrix \(key)") }
}

/// Absent exactly where it has to be, and close elsewhere.
func close(_ actual: Double?, _ expected: Double?, relative: Double, absolute: Double) -> Bool {
    switch (actual, expected) {
    case (nil, nil): true
    case (let actual?, let expected?): close(actual, expected, relative: relative, absolute: absolute)
    case (nil, _?), (_?, nil): false
    }
}

/// True when two lists agree in length and entries; records the first entry that does not.
func agree(
    _ actual: [Double?],
    _ expected: [Double?],
    relative: Double,
    absolute: Double,
    _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.count == expected.count, "\(name)", sourceLocation: sourceLocation)
    for (index, pair) in zip(actual, expected).enumerated()
    where !close(pair.0, pair.1, relative: relative, absolute: absolute) {
        let (is_, shouldBe) = (String(describing: pair.0), String(describing: pair.1))
        Issue.record("\(name)[\(index)] is \(is_), expected \(shouldBe)", sourceLocation: sourceLocation)
        return
    }
}
