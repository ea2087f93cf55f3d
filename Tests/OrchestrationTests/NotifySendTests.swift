import ExecutionEngine
import Orchestration
import Synchronization
import Testing
import TradingDomain
import TradingTestKit
import Workflows
import YAMLNodes

/// A channel that fails as often as the test says.
private final class FlakyChannel: NotificationSender {
    private struct State {
        var failures: Int
        let kind: NotificationFailure.Kind
        var messages: [NotificationMessage] = []
    }

    private let state: Mutex<State>

    init(failures: Int = 0, _ kind: NotificationFailure.Kind = .notReached) {
        state = Mutex(State(failures: failures, kind: kind))
    }

    var messages: [NotificationMessage] { state.withLock { $0.messages } }

    func send(_ message: NotificationMessage, to channel: String) async throws(NotificationFailure) {
        let kind = state.withLock { state -> NotificationFailure.Kind? in
            state.messages.append(message)
            guard state.failures > 0 else { return nil }
            state.failures -= 1
            return state.kind
        }
        if let kind { throw NotificationFailure(kind, "\(channel) is away") }
    }
}

@Suite("notify.send: at least once, under one key")
struct NotifySendTests {
    private func run(_ more: String, _ channel: FlakyChannel, on ground: Ground = Ground(), store: Int? = nil)
        async throws
        -> RunReport
    {
        var plan = FloorPlan()
        plan.notifications = channel
        if let store { plan.wrapStore = { DyingStore($0, at: store, isDurable: false) } }
        let text = """
            format: 1
            workflow: t
            steps:
              - id: tell
                uses: notify.send
                with: { to: ops, text: "run ${{ run.id }} began\\nsecond line"\(more) }
                retry: { attempts: 3, first_wait: 1ms, max_wait: 1ms }
            """
        let floor = try await Floor.open(plan, on: ground)
        return try await SmartExecutor(desk: floor.desk, library: { _ in nil })
            .run(SourceFile(name: "t.yaml", text: text), inputs: [:])
    }

    @Test("Tried as the file says, each time under the same key")
    func retries() async throws {
        let channel = FlakyChannel(failures: 2)
        let report = try await run("", channel)
        #expect(report.status == .success)
        #expect(channel.messages.count == 3)
        #expect(Set(channel.messages.map(\.key)) == ["\(report.run)/tell"])
        #expect(channel.messages[0].subject == "run \(report.run) began")
        #expect(channel.messages[0].text.hasSuffix("\nsecond line"))
    }

    @Test("Nobody is reached: the run goes on and says so, unless the message had to arrive")
    func failures() async throws {
        let tolerated = try await run("", FlakyChannel(failures: 9))
        #expect(tolerated.status == .success)
        #expect(tolerated.message?.contains("not delivered: ") == true, "\(tolerated)")
        let strict = try await run(", must_arrive: true", FlakyChannel(failures: 9))
        #expect(strict.status == .failed && strict.message?.contains("notify_not_reached") == true, "\(strict)")
    }

    @Test("A process that dies between sending and storing sends again under the same key")
    func crash() async throws {
        let ground = Ground()
        let channel = FlakyChannel()
        let interrupted = await #expect(throws: InterruptedRun.self) {
            _ = try await run("", channel, on: ground, store: 1)
        }
        await ground.bury("first")
        var plan = FloorPlan()
        plan.notifications = channel
        let second = try await Floor.open(plan, on: ground, worker: "second")
        let interruptedRun = try #require(interrupted?.run)
        let report = try await SmartExecutor(desk: second.desk, library: { _ in nil }).resume(interruptedRun)
        #expect(report.status == .success)
        #expect(channel.messages.map(\.key) == ["\(interruptedRun)/tell", "\(interruptedRun)/tell"])
    }
}
