import ArgumentParser
import ExecutionEngine
import MarketData
import Orchestration
import PostgresStore
import RiskRules
import TradingAgents
import Workflows

/// An error with the exit code of its kind (DESIGN of the commands: 1 findings, 2 wrong use, 3 blocked, 4 environment).
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }

    /// Classifies what a command can throw.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let interrupted as InterruptedRun:
            let cause = CommandFailure(interrupted.cause)
            self.init(cause.status, "\(cause.description)\n\(interrupted.advice)")
        case is ConfigurationFailure, is WorkflowInputError, is DecisionFileError, is MarketDataError,
            is KillSwitchError:
            self.init(.usage, "\(error)")
        case let failure as WorkflowFileError:
            self.init(failure.diagnostics.isEmpty ? .usage : .incomplete, "\(failure)")
        case let failure as RunStoreError:
            switch failure {
            case .notFound, .finished: self.init(.usage, "\(failure)")
            case .runBusy, .fenced, .queued: self.init(.unavailable, "\(failure)")
            case .skipped: self.init(.incomplete, "\(failure)")
            }
        case let refusal as ApprovalRefusal: self.init(.usage, "\(refusal)")
        case is JournalError, is PostgresError, is EmbeddedClusterError, is MigrationError:
            self.init(.unavailable, "\(error)")
        default: self.init(.incomplete, "\(error)")
        }
    }
}

/// A command that reports its failure as text and exit code.
protocol ProgramCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }
    /// Forms of output that it has.
    var formats: [OutputFormat] { get }
    /// Does the work; the status becomes the exit code.
    func perform(_ console: Console) async throws -> ExitStatus
}

extension ProgramCommand {
    var formats: [OutputFormat] { [.table, .json] }

    func run() async throws {
        Console.surviveClosedPipes()
        let console = global.console
        let status: ExitStatus
        do {
            guard formats.contains(global.output) else {
                throw CommandFailure(
                    .usage,
                    "This command has no output as \(global.output.rawValue); "
                        + "give --output \(formats.map(\.rawValue).joined(separator: " or "))."
                )
            }
            status = try await perform(console)
        } catch let error as ValidationError {
            throw error
        } catch {
            let failure = CommandFailure(error)
            console.fail(failure.description)
            status = failure.status
        }
        if status != .success { throw ExitCode(status.rawValue) }
    }
}
