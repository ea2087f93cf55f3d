import Foundation
public import TradingDomain

/// A decision file that cannot be used, with the place of each problem.
public struct DecisionFileError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        public let file: String
        /// From 1; `nil` for the file as a whole.
        public let line: Int?
        public let message: String

        public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
    }

    public let problems: [Problem]
    public var code: String { "decision_file_invalid" }
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Answers from a file of decisions: JSON (one document or an array), JSON lines, or CSV (`reference` part 2F).
///
/// The whole file is validated when it is opened, and refused if one row is bad. A row without a key gets `file:` +
/// SHA-256 of the file + its row number, so that the same file twice does nothing and an edited one is new. Rows without
/// times are stamped with the run's time when they are asked for.
public struct FileAgent: TradingAgent {
    /// One row: what it is about, and what to answer.
    struct Row: Hashable, Sendable {
        let symbols: [Symbol]
        let reply: AgentReply
    }

    public let descriptor: AgentDescriptor
    let rows: [Row]

    /// Reads `path`, by its extension: `.csv`, `.jsonl` or `.ndjson`, else JSON.
    ///
    /// - Throws: ``DecisionFileError`` with all problems, each with file and line.
    public init(
        id: AgentID = AgentID(unchecked: "file"),
        path: String,
        legacyBasis: LegacySizeBasis = .deltaPercentOfEquity
    ) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw DecisionFileError(problems: [
                .init(file: path, line: nil, message: "The file cannot be read. Check that it exists and is readable.")
            ])
        }
        try self.init(id: id, name: path, bytes: Array(data), legacyBasis: legacyBasis)
    }

    /// Reads `bytes` as the file called `name`.
    ///
    /// - Throws: ``DecisionFileError`` with all problems, each with file and line.
    public init(
        id: AgentID = AgentID(unchecked: "file"),
        name: String,
        bytes: [UInt8],
        legacyBasis: LegacySizeBasis = .deltaPercentOfEquity
    ) throws(DecisionFileError) {
        descriptor = AgentDescriptor(id: id, version: "1.0.0", isDeterministic: true)
        rows = try DecisionFile(name: name, bytes: bytes, legacyBasis: legacyBasis).rows()
    }

    /// Every symbol that the file has a decision on, in the file's order, once each.
    public var symbols: [Symbol] {
        var seen: Set<Symbol> = []
        return rows.flatMap(\.symbols).filter { seen.insert($0).inserted }
    }

    public func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        let asked = Set(request.symbols)
        var answers: [AgentReply] = []
        var answered: Set<Symbol> = []
        for row in rows where !asked.isDisjoint(with: row.symbols) {
            answers.append(row.reply)
            answered.formUnion(row.symbols)
        }
        let silent = request.symbols.filter { !answered.contains($0) }
        if !silent.isEmpty, request.kind != .rebalance || answers.isEmpty {
            answers.append(.abstain(.noView, symbols: silent, "The file has no row on it."))
        }
        return answers
    }
}
