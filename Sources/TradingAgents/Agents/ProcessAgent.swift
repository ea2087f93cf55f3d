import Foundation
import Synchronization
public import TradingDomain

/// Asks a child process, started for each request: one line of JSON in, decisions as lines of JSON out.
///
/// The line on standard input is `{"type":"request","request":{…}}`. On standard output a whole agent may be
/// `print(json.dumps(decision))`: an envelope per line, or the bare `{"action":"BUY","position_size":5}`, or either
/// inside `{"type":"decision","decision":{…}}`. Standard error is the log. The process has a session of its own and an
/// empty private folder that is removed afterwards; at its deadline it gets SIGTERM, and SIGKILL after a grace, with
/// all of its children. An exit status other than 0 refuses everything that it said.
public struct ProcessAgent: TradingAgent {
    public struct Configuration: Hashable, Sendable {
        /// An absolute path, or a bare name that is looked up in `PATH` of ``environment``.
        public var executable: String
        /// Paths in here must be absolute: the process runs in an empty folder.
        public var arguments: [String]
        /// The whole environment beyond `PATH`, `HOME`, `TMPDIR` and `LANG`, which have plain defaults.
        ///
        /// Never give it
        /// broker keys or a database URL.
        public var environment: [String: String]
        /// From SIGTERM to SIGKILL.
        public var grace: Duration

        public init(
            executable: String,
            arguments: [String] = [],
            environment: [String: String] = [:],
            grace: Duration = .seconds(5)
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.grace = grace
        }
    }

    public let descriptor: AgentDescriptor
    private let configuration: Configuration

    public init(id: AgentID, version: String = "1.0.0", configuration: Configuration) {
        descriptor = AgentDescriptor(id: id, version: version)
        self.configuration = configuration
    }

    public func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        let transcript = request.tools.transcript
        let lines = Mutex(ProcessLines(requestID: request.requestID))
        let folder = try makeFolder()
        defer {
            // Only the process's own litter is lost if this fails.
            try? FileManager.default.removeItem(atPath: folder)
        }
        let ending = try await child(in: folder, request).run(
            output: { piece in
                transcript.addReply(piece)
                return lines.withLock { $0.take(piece) }
            },
            error: { transcript.addError($0) }
        )
        transcript.end(ending.words)
        lines.withLock { $0.end() }
        return try lines.withLock { try $0.replies(ending, lastError: Self.lastLine(transcript.contents.errorTail)) }
    }

    private func child(in folder: String, _ request: DecisionRequest) throws -> ChildProcess {
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"]
        environment.merge(configuration.environment) { $1 }
        return ChildProcess(
            executable: configuration.executable,
            arguments: configuration.arguments,
            environment: environment,
            workingDirectory: folder,
            input: Array(#"{"type":"request","request":"#.utf8) + (try request.encoded()) + Array("}\n".utf8),
            timeout: request.tools.timeout,
            grace: configuration.grace
        )
    }

    private func makeFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sx-agent-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        return folder
    }

    private static func lastLine(_ bytes: [UInt8]) -> String? {
        bytes.split(separator: UInt8(ascii: "\n")).last.map { String(decoding: $0.prefix(300), as: UTF8.self) }
    }
}

/// Reads a child's standard output line by line while it runs.
struct ProcessLines {
    static let maximumLine = 1024 * 1024
    static let maximumOutput = 8 * 1024 * 1024
    static let maximumGarbage = 100

    let requestID: String
    private var line: [UInt8] = []
    private var total = 0
    private var garbage = 0
    private var firstGarbage: String?
    private var documents: [AgentReply] = []
    private var failure: AgentFailure?

    init(requestID: String) { self.requestID = requestID }

    /// Takes a piece of output; returns a reason to end the process.
    mutating func take(_ piece: ArraySlice<UInt8>) -> String? {
        total += piece.count
        var rest = piece
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<end]
            rest = rest[(end + 1)...]
            if line.count > Self.maximumLine { break }
            endLine()
        }
        line += rest
        if line.count > Self.maximumLine { return "TOO_LARGE: a line above \(Self.maximumLine) bytes" }
        if total > Self.maximumOutput { return "TOO_LARGE: more than \(Self.maximumOutput) bytes of output" }
        if garbage > Self.maximumGarbage {
            return "more than \(Self.maximumGarbage) lines that are not of the protocol"
        }
        return nil
    }

    /// Ends the last line, which needs no line feed.
    mutating func end() {
        if line.count <= Self.maximumLine { endLine() }
    }

    private mutating func endLine() {
        defer { line = [] }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return }
        do {
            read(try JSONValue(parsing: line, limits: .reply))
        } catch  where error.kind == .notJSON {
            addGarbage()
        } catch {
            // A document that readers would disagree on is an answer, and a refused one.
            documents.append(.document(line))
        }
    }

    private mutating func read(_ value: JSONValue) {
        guard case .object = value else { return addGarbage() }
        guard let type = value["type"] else { return documents.append(.document(line)) }
        if let other = value["request_id"]?.text, other != requestID { return addGarbage() }
        switch type.text {
        case "decision": documents.append(.document((value["decision"] ?? .null).encoded()))
        case "error":
            let code = value["code"]?.text.flatMap(TradingDecision.Abstention.Code.init(rawValue:))
            failure = AgentFailure(code ?? .modelError, value["message"]?.text ?? "The agent reported an error.")
        case "ready", "progress", "usage", "done": break
        default: addGarbage()
        }
    }

    private mutating func addGarbage() {
        garbage += 1
        if firstGarbage == nil { firstGarbage = String(decoding: line.prefix(120), as: UTF8.self) }
    }

    /// What the process said, if it ended well.
    ///
    /// - Throws: ``AgentFailure`` when it did not, or when nothing it said is of the protocol.
    func replies(_ ending: ChildProcess.Ending, lastError: String?) throws(AgentFailure) -> [AgentReply] {
        let log = lastError.map { " Last of its log: \($0)" } ?? ""
        switch ending {
        case .timedOut, .cancelled: throw AgentFailure(.timeout, "The process was ended at its deadline.\(log)")
        case .stopped(let reason): throw AgentFailure(.unparseable, "The process was ended: \(reason).\(log)")
        case .signalled(let signal): throw AgentFailure(.modelError, "The process died of signal \(signal).\(log)")
        case .exited(let status) where status != 0:
            let said = documents.isEmpty ? "" : " Its \(documents.count) decision(s) are refused."
            throw AgentFailure(.modelError, "The process exited with status \(status).\(said)\(log)")
        case .exited: break
        }
        if let failure { throw failure }
        if documents.isEmpty, let firstGarbage {
            throw AgentFailure(.unparseable, "No decision, but \(garbage) other line(s), the first: \(firstGarbage)")
        }
        return documents
    }
}
