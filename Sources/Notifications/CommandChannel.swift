import ExecutionEngine
public import Orchestration
import Synchronization
import TradingAgents

/// Starts a program for each message, without a shell: the text on its standard input, exit status 0 for taken.
///
/// It sees `PATH`, `LANG` and of the message `NOTIFY_KEY`, `NOTIFY_SUBJECT` and `NOTIFY_LEVEL`, and nothing else of our
/// environment. At its deadline it is ended with all of its children.
public struct CommandChannel: NotificationChannel {
    /// Longest output that is looked at; a program that writes more is ended.
    private static let outputMax = 64 * 1024
    /// From SIGTERM to SIGKILL.
    private static let grace = Duration.seconds(1)

    private let command: [String]
    private let path: String
    private let folder: String
    private let timeout: Duration

    /// A channel that runs `command`: a program and its arguments.
    ///
    /// - Parameters:
    ///   - command: Not empty; the program is an absolute path, or a name that is looked up in `path`.
    ///   - path: `PATH` of the program.
    ///   - folder: Where it runs.
    ///   - timeout: For one try; wall clock.
    public init(command: [String], path: String, folder: String, timeout: Duration = .seconds(10)) {
        precondition(!command.isEmpty, "a command without a program")
        self.command = command
        self.path = path
        self.folder = folder
        self.timeout = timeout
    }

    public var summary: String { "command \(command[0])" }

    public func deliver(_ message: NotificationMessage) async throws(NotificationFailure) {
        let child = ChildProcess(
            executable: command[0],
            arguments: Array(command.dropFirst()),
            environment: [
                "PATH": path, "LANG": "C.UTF-8", "NOTIFY_KEY": Self.variable(message.key),
                "NOTIFY_SUBJECT": Self.variable(message.subject), "NOTIFY_LEVEL": message.level.rawValue,
            ],
            workingDirectory: folder,
            input: Array(message.text.utf8),
            timeout: timeout,
            grace: Self.grace
        )
        let written = Mutex(0)
        let errors = Mutex<[UInt8]>([])
        let ending: ChildProcess.Ending
        do {
            ending = try await child.run(
                output: { piece in
                    let total = written.withLock { total in
                        total += piece.count
                        return total
                    }
                    return total > Self.outputMax ? "more than \(Self.outputMax) bytes of output" : nil
                },
                error: { piece in
                    errors.withLock { tail in tail = Array((tail + piece).suffix(400)) }
                }
            )
        } catch {
            throw NotificationFailure(.refused, "\(command[0]) could not be started: \(error)")
        }
        if case .exited(0) = ending { return }
        let last = errors.withLock { Self.lastLine($0) }
        let kind: NotificationFailure.Kind = if case .stopped = ending { .refused } else { .notReached }
        throw NotificationFailure(
            kind,
            "\(command[0]) did not take it: \(ending.words)\(last.map { "; it said: \($0)" } ?? "")."
        )
    }

    /// A variable's value ends at a zero byte, and a line feed makes logs hard to read.
    private static func variable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }

    private static func lastLine(_ bytes: [UInt8]) -> String? {
        bytes.split(separator: UInt8(ascii: "\n")).last.map {
            variable(String(decoding: $0.suffix(200), as: UTF8.self))
        }
    }
}
