import ExecutionEngine
import Notifications
import Orchestration
import Synchronization

/// What a run's process hands to channels without a workflow's asking: alerts, and questions to people.
final class Forwarding: Sendable {
    /// Longest wait for messages under way when the run has ended.
    private static let patience = Duration.seconds(15)

    private let channels: NotificationChannels
    private let settings: NotificationConfiguration
    private let alerts: AlertForwarder?
    private let tasks = Mutex<[Task<Void, Never>]>([])
    private let problem = Mutex<String?>(nil)

    init(_ loaded: LoadedConfiguration) {
        channels = ChannelFactory(loaded).channels
        settings = loaded.configuration.notifications
        alerts = settings.alerts.map { [channels] in AlertForwarder(to: $0.to, level: $0.level, by: channels) }
    }

    /// Starts to hand on alerts; those of a run in virtual time, which is a rehearsal, stay in the list.
    func start(_ notifier: ExecutionNotifier, isVirtual: Bool) {
        guard let alerts, !isVirtual else { return }
        let events = alerts.subscribe(to: notifier)
        let task = Task { await alerts.run(events) }
        tasks.withLock { $0.append(task) }
    }

    /// Tells people that a run waits for them.
    func tell(_ request: ApprovalRequest) {
        guard let channel = settings.approvals else { return }
        let message = NotificationMessage(
            key: "approval/\(request.run)/\(request.stepPath)/\(request.digest)",
            text: ApprovalText.question(request).joined(separator: "\n"),
            level: .warning,
            account: request.plan.account,
            run: request.run,
            at: request.askedAt
        )
        let task = Task { [self, channels] in
            do throws(NotificationFailure) {
                try await channels.send(message, to: channel)
            } catch {
                problem.withLock { $0 = error.message }
            }
        }
        tasks.withLock { $0.append(task) }
    }

    /// Waits for what is under way, not for ever, and says what did not get through; the notifier must have ended.
    func finish(_ console: Console) async {
        let tasks = tasks.withLock { $0 }
        guard !tasks.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for task in tasks { await task.value } }
            group.addTask {
                // Cancelled as soon as the others are done.
                try? await Task.sleep(for: Self.patience)
                for task in tasks { task.cancel() }
            }
            _ = await group.next()
            group.cancelAll()
        }
        let outcome = alerts?.outcome
        if let outcome, outcome.failed + outcome.lost > 0 {
            let why = outcome.problem.map { " (\($0))" } ?? ""
            console.warn(
                "\(outcome.failed) alerts were not delivered and \(outcome.lost) events were too many at once\(why). "
                    + "`smartexec alerts` lists them."
            )
        }
        if let problem = problem.withLock({ $0 }) { console.warn("Nobody was told of the approval: \(problem)") }
    }
}
