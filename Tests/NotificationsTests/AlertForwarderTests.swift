import ExecutionEngine
import Orchestration
import RiskRules
import Synchronization
import Testing
import TradingDomain

@testable import Notifications

/// A channel whose answers a test writes.
private final class Scripted: NotificationSender {
    private struct State {
        var failures: [NotificationFailure.Kind]
        var taken: [NotificationMessage] = []
        var tries = 0
    }

    private let state: Mutex<State>

    init(failing failures: [NotificationFailure.Kind] = []) { state = Mutex(State(failures: failures)) }

    var taken: [NotificationMessage] { state.withLock { $0.taken } }
    var tries: Int { state.withLock { $0.tries } }

    func send(_ message: NotificationMessage, to channel: String) async throws(NotificationFailure) {
        let failure = state.withLock { state -> NotificationFailure.Kind? in
            state.tries += 1
            guard state.failures.isEmpty else { return state.failures.removeFirst() }
            state.taken.append(message)
            return nil
        }
        if let failure { throw NotificationFailure(failure, "\(channel) said no") }
    }
}

@Suite("Alerts that go to a channel")
struct AlertForwarderTests {
    private func event(_ number: Int64, _ kind: ExecutionEvent.Kind) -> ExecutionEvent {
        ExecutionEvent(
            account: AccountID(unchecked: "paper"),
            number: number,
            at: Timestamp(nanoseconds: number),
            kind: kind
        )
    }

    private func alert(_ number: Int64, _ level: AlertLevel) -> ExecutionEvent {
        let time = Timestamp(nanoseconds: number)
        return event(
            number,
            .alert(EngineAlert(code: "c\(number)", level: level, message: "m\(number)", parent: nil, at: time))
        )
    }

    /// Runs a forwarder over events that stand in its queue.
    private func forward(_ events: [ExecutionEvent], _ level: AlertLevel, by sender: Scripted, queue: Int = 256) async
        -> AlertForwarder.Outcome
    {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ExecutionEvent.self,
            bufferingPolicy: .bufferingNewest(queue)
        )
        let losses = ExecutionEvents.Losses()
        for event in events { if case .dropped = continuation.yield(event) { losses.note() } }
        continuation.finish()
        let forwarder = AlertForwarder(to: "ops", level: level, by: sender)
        await forwarder.run(ExecutionEvents(stream: stream, continuation: continuation, losses: losses))
        return forwarder.outcome
    }

    @Test("From its level up, each once, in order, with a key of its own")
    func levels() async {
        let halt = Halt(id: HaltID(unchecked: "h"), reason: "drill", by: "ada", since: Timestamp(nanoseconds: 1))
        let events = [alert(1, .info), alert(2, .warning), event(3, .halted(halt)), alert(4, .critical)]
        let all = Scripted()
        let outcome = await forward(events, .info, by: all)
        #expect(outcome.sent == 4 && outcome.failed == 0 && outcome.lost == 0)
        #expect(all.taken.map(\.level) == [.info, .warning, .critical, .critical])
        #expect(Set(all.taken.map(\.key)).count == 4)
        #expect(all.taken[2].text.contains("halted by ada: drill"))
        let some = Scripted()
        _ = await forward(events, .critical, by: some)
        #expect(some.taken.map(\.text) == all.taken.suffix(2).map(\.text))
    }

    @Test("What nobody reached is tried again under the same key; what is refused is not")
    func tries() async {
        let flaky = Scripted(failing: [.notReached])
        #expect(await forward([alert(1, .warning)], .warning, by: flaky).sent == 1)
        #expect(flaky.tries == 2)
        let closed = Scripted(failing: [.refused])
        let outcome = await forward([alert(1, .warning), alert(2, .warning)], .warning, by: closed)
        #expect(outcome.failed == 1 && outcome.sent == 1 && outcome.problem == "ops said no")
    }

    @Test("Too many at once: the newest are sent, and the loss is counted and said")
    func losses() async {
        let sender = Scripted()
        let outcome = await forward((1...10).map { alert($0, .warning) }, .warning, by: sender, queue: 4)
        #expect(outcome.sent == 4 && outcome.lost == 6)
        #expect(sender.taken.first?.text.contains("6 events before this one") == true, "\(sender.taken)")
        #expect(sender.taken.dropFirst().allSatisfy { !$0.text.contains("events before") })
    }
}
