import ArgumentParser

/// The program: arguments, configuration, wiring, printing.
@main
struct Smartexec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smartexec",
        abstract: "Turns trading decisions into filled orders, exactly once.",
        version: "0.1.0",
        subcommands: [
            RunCommand.self, DecideCommand.self, BatchCommand.self, OrderCommand.self, ServeCommand.self,
            WorkerCommand.self, WorkflowCommand.self, SchedulesCommand.self, StatusCommand.self, RunsCommand.self,
            ApprovalsCommand.self, ApproveCommand.self, RejectCommand.self, OrdersCommand.self, FillsCommand.self,
            PositionsCommand.self,
            RoutingCommand.self, ReportCommand.self, CalibrateCommand.self, ExplainCommand.self, DemoCommand.self,
            VerifyCommand.self, KillSwitchCommand.self, HaltCommand.self, RiskCommand.self, ReconcileCommand.self,
            AlertsCommand.self,
            NotifyCommand.self, AgentCommand.self, VenueCommand.self, ConfigCommand.self, DatabaseCommand.self,
            DoctorCommand.self,
        ]
    )

    /// Runs the program; wrong use exits with 2 like every other wrong use.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Console.standard(isQuiet: false, environment: [:]).errors.write(fullMessage(for: error) + "\n")
            exit(withError: ExitCode(ExitStatus.usage.rawValue))
        }
    }
}
