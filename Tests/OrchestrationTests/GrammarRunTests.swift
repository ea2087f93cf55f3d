import ExecutionEngine
import MarketData
import Orchestration
import Portfolio
import Synchronization
import Testing
import TradingDomain
import Workflows
import YAMLNodes

/// A step whose behaviour a test writes; it counts its calls and how many run at once.
final class ProbeStep: WorkflowStep {
    struct Counts: Sendable {
        var calls = 0
        var inFlight = 0
        var most = 0
    }

    let signature: StepSignature
    private let counts = Mutex(Counts())
    private let body: @Sendable (_ call: Int, StepContext) async throws -> Void

    init(
        _ name: String = "test.probe",
        _ effect: StepEffect = .read,
        _ body: @escaping @Sendable (_ call: Int, StepContext) async throws -> Void = { _, _ in }
    ) {
        signature = StepSignature(
            name,
            effect,
            inputs: [.optional("text", .text, isTemplate: true)],
            outputs: [.init("at", .timestamp), .init("text", .optional(.text))]
        )
        self.body = body
    }

    var seen: Counts { counts.withLock { $0 } }

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let number = counts.withLock { counts in
            counts.calls += 1
            counts.inFlight += 1
            counts.most = max(counts.most, counts.inFlight)
            return counts.calls
        }
        defer { counts.withLock { $0.inFlight -= 1 } }
        try await body(number, context)
        let output = Value.Record(
            "\(signature.name) output",
            [("at", .timestamp(context.now)), ("text", call.inputs["text"] ?? .null)]
        )
        return .done(.success(output: output), notes: [])
    }
}

@Suite("Retries, pools, timeouts and waits at work")
struct GrammarRunTests {
    private static let head = "format: 1\nworkflow: t\n"

    /// Runs a text with the shipped steps and `further` ones.
    private func run(_ text: String, _ further: [any WorkflowStep], on floor: Floor, _ inputs: [String: Value] = [:])
        async throws -> RunReport
    {
        try await executor(further, floor).run(SourceFile(name: "t.yaml", text: text), inputs: inputs)
    }

    private func executor(
        _ further: [any WorkflowStep],
        _ floor: Floor,
        control: RunControl = RunControl()
    ) -> SmartExecutor {
        let names = ["orders.propose", "risk.check", "execute.twap", "wait.until", "orders.cancel_open"]
        let shipped = names.compactMap { StepCatalog.standard.step($0) }
        return SmartExecutor(
            desk: floor.desk,
            catalog: StepCatalog(shipped + further),
            library: { _ in nil },
            control: control
        )
    }

    @Test(
        "A read that fails is tried again as its policy says",
        arguments: [
            ("attempts: 3", 3, true), ("attempts: 2", 2, false), ("attempts: 5, on: [other]", 1, false),
            ("attempts: 3, on: [flaky, other]", 3, true),
        ]
    )
    func retries(_ policy: String, _ calls: Int, _ succeeds: Bool) async throws {
        let probe = ProbeStep { call, _ in
            if call < 3 { throw StepFailure("flaky", "not yet") }
        }
        let text =
            Self.head + """
                steps:
                  - { id: a, uses: test.probe, retry: { \(policy), first_wait: 1ms, factor: 1, max_wait: 1ms } }
                """
        let report = try await run(text, [probe], on: try await Floor.open(on: Ground()))
        #expect(probe.seen.calls == calls)
        #expect(report.status == (succeeds ? .success : .failed))
    }

    @Test("A step with an order effect is never tried again, whatever the file's defaults say")
    func noOrderRetry() async throws {
        let probe = ProbeStep("test.order", .order) { _, _ in throw StepFailure("flaky", "no") }
        let text =
            Self.head + """
                defaults: { retry: { attempts: 5, first_wait: 1ms, max_wait: 1ms } }
                steps:
                  - { id: a, uses: test.order }
                """
        _ = try await run(text, [probe], on: try await Floor.open(on: Ground()))
        #expect(probe.seen.calls == 1)
    }

    @Test("A pool's slots are a hard cap; a pool that is not there fails the step by name")
    func pools() async throws {
        var plan = FloorPlan()
        plan.pools = PoolGates(["few": .init(slots: 2)])
        let floor = try await Floor.open(plan, on: Ground())
        let probe = ProbeStep { _, _ in try await Task.sleep(for: .milliseconds(5)) }
        let text =
            Self.head + """
                inputs: { l: { type: list<int> } }
                steps:
                  - id: each
                    foreach: inputs.l
                    as: i
                    key: i
                    steps:
                      - { id: a, uses: test.probe, pool: POOL }
                """
        let inputs: [String: Value] = ["l": .list((0..<12).map { .int($0) })]
        let report = try await run(text.replacing("POOL", with: "few"), [probe], on: floor, inputs)
        #expect(report.status == .success && probe.seen.calls == 12 && probe.seen.most == 2)
        let lost = try await run(text.replacing("POOL", with: "none"), [probe], on: floor, inputs)
        #expect(lost.status == .failed && probe.seen.calls == 12)
        #expect(lost.message?.contains("[unknown_pool]") == true, "\(lost.message ?? "")")
    }

    @Test("A wait goes on at its time of the session, and later steps see that time")
    func waits() async throws {
        let floor = try await Floor.open(on: Ground())
        let times = Mutex<[Timestamp]>([])
        let probe = ProbeStep { _, context in times.withLock { $0.append(context.now) } }
        let text =
            Self.head + """
                steps:
                  - { id: first, uses: test.probe }
                  - { id: wait, uses: wait.until, with: { session: open + 30m } }
                  - { id: second, uses: test.probe }
                  - { id: past, uses: wait.until, with: { at: "${{ run.started_at }}" } }
                  - { id: third, uses: test.probe }
                """
        let report = try await run(text, [probe], on: floor)
        #expect(report.status == .success)
        let open = try #require(try floor.market.calendar.session(on: FloorPlan().date)).open
        #expect(times.withLock { $0 } == [open + .seconds(60), open + .seconds(1800), open + .seconds(1800)])
    }

    @Test("A wall time is the exchange's or its zone's, on the session's date; one that has passed is no wait")
    func wallTimes() async throws {
        let times = Mutex<[Timestamp]>([])
        let probe = ProbeStep { _, context in times.withLock { $0.append(context.now) } }
        let text =
            Self.head + """
                steps:
                  - { id: here, uses: wait.until, with: { session: "11:15" } }
                  - { id: first, uses: test.probe }
                  - { id: there, uses: wait.until, with: { session: "16:40", timezone: Europe/London } }
                  - { id: second, uses: test.probe }
                  - { id: past, uses: wait.until, with: { session: "11:30" } }
                  - { id: third, uses: test.probe }
                  - { id: late, uses: wait.until, with: { session: close - 10m } }
                  - { id: fourth, uses: test.probe }
                """
        let report = try await run(text, [probe], on: try await Floor.open(on: Ground()))
        #expect(report.status == .success, "\(report.message ?? "")")
        // New York is five hours behind London in the first week of March, and closes at 16:00.
        let expected = ["16:15", "16:40", "16:40", "20:50"].map { "2026-03-03T\($0):00Z" }
        #expect(times.withLock { $0.map(\.description) } == expected)
    }

    @Test(
        "A zone that has no effect, or that nobody knows, fails the step",
        arguments: [
            (#"session: "${{ 'open + 5m' }}", timezone: Europe/London"#, "has no effect on `open + 5m`"),
            (#"session: "11:15", timezone: Europe/Lodnon"#, "No time zone is called 'Europe/Lodnon'"),
        ]
    )
    func badZones(_ inputs: String, _ message: String) async throws {
        let text = Self.head + "steps:\n  - { id: a, uses: wait.until, with: { \(inputs) } }\n"
        let report = try await run(text, [], on: try await Floor.open(on: Ground()))
        #expect(report.status == .failed && report.message?.contains(message) == true, "\(report.message ?? "")")
    }

    @Test("A workflow's timeout lets nothing more begin; on_failure and finally still run, and know why")
    func workflowTimeout() async throws {
        let probe = ProbeStep()
        let told = ProbeStep("test.told")
        let text =
            Self.head + """
                timeout: 10m
                steps:
                  - { id: a, uses: test.probe }
                  - { id: wait, uses: wait.until, with: { session: close - 1h } }
                  - { id: b, uses: test.probe }
                on_failure:
                  - { id: page, uses: test.told, with: { text: "${{ failure.step }} ${{ failure.code }}" } }
                finally:
                  - { id: end, uses: test.told, with: { text: "${{ run.status }}" } }
                """
        let ground = Ground()
        let report = try await run(text, [probe, told], on: try await Floor.open(on: ground))
        #expect(report.status == .failed && probe.seen.calls == 1 && told.seen.calls == 2)
        #expect(report.endedAt - report.startedAt == .seconds(600))
        #expect(report.message?.contains("workflow t had 10m") == true, "\(report.message ?? "")")
    }

    @Test("A step that overstays is cancelled; what is done in spite of it counts")
    func stepTimeout() async throws {
        var plan = FloorPlan()
        plan.wrap = { RushingClock($0) }
        let floor = try await Floor.open(plan, on: Ground())
        let stuck = ProbeStep { _, _ in try await Task.sleep(for: .seconds(600)) }
        let text = Self.head + "steps:\n  - { id: a, uses: test.probe, timeout: 5m }\n"
        let report = try await run(text, [stuck], on: floor)
        #expect(report.status == .failed && report.message?.contains("[timed_out]") == true, "\(report.message ?? "")")
        let stubborn = ProbeStep { _, _ in _ = try? await Task.sleep(for: .seconds(600)) }
        #expect(try await run(text, [stubborn], on: floor).status == .success)
    }

    private static let order = """
        format: 1
        workflow: t
        steps:
          - id: propose
            uses: orders.propose
            with: { ticker: KO, side: BUY, quantity: 100 }
          - id: check
            uses: risk.check
            with: { orders: "${{ steps.propose.orders }}" }

        """

    @Test("An order whose step had only so long is cancelled; its fills count")
    func orderTimeout() async throws {
        let ground = Ground()
        let floor = try await Floor.open(on: ground)
        let text =
            Self.order + """
                  - id: send
                    uses: execute.twap
                    timeout: 20m
                    with: { order: "${{ steps.check.approved[0] }}", duration_minutes: 60 }
                """
        let report = try await run(text, [], on: floor)
        let item = try #require(report.items.first)
        #expect(item.status == .partial, "\(item.message)")
        let record = try #require(try await ground.parentsThatSent().first)
        let ended = try #require(record.result).endedAt - report.startedAt
        #expect(ended >= .seconds(1200) && ended < .seconds(1210), "\(ended)")
        #expect(record.state.isFinal && record.filled > .zero)
    }

    @Test(
        "A branch may cancel what another one works; resumed anywhere, the run ends the same",
        arguments: [0, 40, 400]
    )
    func cancelInBranch(advances: Int) async throws {
        let text =
            Self.order + """
                  - id: both
                    parallel:
                      work:
                        - id: send
                          uses: execute.twap
                          with: { order: "${{ steps.check.approved[0] }}", duration_minutes: 60 }
                      watch:
                        - { id: wait, uses: wait.until, with: { session: open + 30m } }
                        - { id: stop, uses: orders.cancel_open }
                  - { id: after, uses: test.probe, with: { text: "${{ steps.send.status }} ${{ steps.stop.cancelled }}" } }
                """
        let ground = Ground()
        let probe = ProbeStep()
        let control = RunControl()
        var plan = FloorPlan()
        plan.wrap = { WatchedClock($0, after: advances) { control.stop() } }
        let first = try await Floor.open(advances == 0 ? FloorPlan() : plan, on: ground)
        let source = SourceFile(name: "t.yaml", text: text)
        var report: RunReport
        do {
            report = try await executor([probe], first, control: control).run(source, inputs: [:])
            #expect(advances == 0)
        } catch let stopped as RunStopped {
            await ground.bury("first")
            let second = try await Floor.open(on: ground, worker: "second", notBefore: stopped.at)
            report = try await executor([probe], second).resume(stopped.run)
        }
        let item = try #require(report.items.first)
        #expect(item.status == .partial && probe.seen.calls == 1, "\(item.message)")
        let record = try #require(try await ground.parentsThatSent().first)
        let ended = try #require(record.result).endedAt - report.startedAt
        #expect(ended >= .seconds(1740) && ended < .seconds(1750), "\(ended)")
    }
}

/// A clock that is half a minute further each time it is read, as a wall clock would while a step is stuck.
private actor RushingClock: TradingClock {
    private let inner: any TradingClock
    private var ahead = Duration.zero

    init(_ inner: any TradingClock) { self.inner = inner }

    func now() async -> Timestamp {
        ahead = ahead + .seconds(30)
        return await inner.now() + ahead
    }

    func watch(_ symbols: [Symbol]) async throws { try await inner.watch(symbols) }
    func settle() async throws { try await inner.settle() }
    func advance() async throws -> Bool { try await inner.advance() }
}
