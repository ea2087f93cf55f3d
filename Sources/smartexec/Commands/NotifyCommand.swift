import ArgumentParser
import ExecutionEngine
import Foundation
import Notifications
import Orchestration
import TradingDomain

/// `smartexec notify`: the channels that people are told by.
struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify",
        abstract: "List the channels that people are told by, or try one.",
        subcommands: [ListChannels.self, TestChannel.self],
        defaultSubcommand: ListChannels.self
    )
}

/// `smartexec notify list`.
struct ListChannels: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the configured channels.")

    private struct Row: Encodable {
        let channel: String
        let what: String
        let gets: String
    }

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let settings = loaded.configuration.notifications
        let channels = ChannelFactory(loaded).channels
        let rows = channels.names.map { name in
            let alerts = settings.alerts.flatMap { $0.to == name ? "alerts from \($0.level.rawValue)" : nil }
            let approvals = settings.approvals == name ? "questions to people" : nil
            let gets = [alerts, approvals].compactMap(\.self).joined(separator: ", ")
            return Row(channel: name, what: channels.summary(of: name) ?? "", gets: gets)
        }
        try Listing(console: console, format: global.output).show(
            rows,
            empty: "No channel is configured. Add one under `notifications:`.",
            [.text("Channel"), .prose("What it is"), .prose("Gets by itself")]
        ) { [rows[$0].channel, rows[$0].what, rows[$0].gets] }
        return .success
    }
}

/// `smartexec notify test`.
struct TestChannel: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Send a message by a channel and say whether it was taken."
    )

    private struct Row: Encodable {
        let channel: String
        let delivered: Bool
        let problem: String?
    }

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The channel, by its configured name.")
    var channel: String

    @Option(help: "What to say.")
    var text = "A test from smartexec: this channel works."

    func perform(_ console: Console) async throws -> ExitStatus {
        let channels = ChannelFactory(try global.load(console)).channels
        let message = NotificationMessage(
            key: "test/\(UUID().uuidString)",
            text: text,
            at: WebhookChannel.wallClock()
        )
        var problem: String?
        do throws(NotificationFailure) {
            try await channels.send(message, to: channel)
        } catch {
            guard channels.summary(of: channel) != nil else { throw CommandFailure(.usage, error.message) }
            problem = error.description
        }
        guard global.output == .table else {
            console.print(try Listing.json(Row(channel: channel, delivered: problem == nil, problem: problem)))
            return problem == nil ? .success : .incomplete
        }
        let what = channels.summary(of: channel) ?? channel
        if let problem { throw CommandFailure(.incomplete, "\(channel) (\(what)): \(problem)") }
        console.print("\(channel) (\(what)) has taken the message.")
        return .success
    }
}
