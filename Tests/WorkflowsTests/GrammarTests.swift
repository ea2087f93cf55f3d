import Foundation
import Testing
import TradingDomain
import Workflows
import YAMLNodes

/// A run of a text with the order of its steps in view.
struct Drive {
    var run: WorkflowRun
    var paths: [String] = []
    var calls: [String: StepCall] = [:]
    var time = Fixtures.facts.startedAt
    /// Business time that each step takes.
    var pace = Duration.zero

    init(_ text: String, _ inputs: [String: Value] = [:], children: [String: String] = [:]) throws {
        run = try WorkflowRun(
            try Fixtures.bundle(text, children: children),
            inputs: inputs,
            facts: Fixtures.facts
        )
    }

    /// Completes everything in the order handed out.
    mutating func finish(_ outcome: (StepCall) -> StepOutcome = { Fixtures.outcome(of: $0) }) {
        while true {
            let ready = run.ready()
            guard !ready.isEmpty else { return }
            for call in ready {
                paths.append(call.path.text)
                calls[call.path.text] = call
                time = time + pace
                run.complete(call.path, with: outcome(call), at: time)
            }
        }
    }
}

@Suite("Forks, failures, limits")
struct GrammarTests {
    private static let head = "format: 1\nworkflow: t\n"

    private static let fork =
        head + """
            steps:
              - id: first
                uses: test.echo
                with: { number: 1 }
              - id: both
                parallel:
                  left:
                    - { id: a, uses: test.echo, with: { number: "${{ steps.first.number + 1 }}" } }
                    - { id: b, uses: test.echo, with: { number: "${{ steps.a.number + 1 }}" } }
                  right:
                    - { id: c, uses: test.echo, with: { number: 10 } }
              - id: last
                uses: test.echo
                with: { number: "${{ steps.b.number + steps.c.number }}" }
            """

    @Test("The branches of a fork run at once, and behind it their outputs are read")
    func branches() throws {
        var drive = try Drive(Self.fork)
        let first = try #require(drive.run.ready().first)
        drive.run.complete(first.path, with: Fixtures.outcome(of: first))
        #expect(drive.run.ready().map(\.path.text) == ["both/left/a", "both/right/c"])
        drive.run.complete(StepPath("both/right/c"), with: Fixtures.success([("number", .int(10))]))
        drive.run.complete(StepPath("both/left/a"), with: Fixtures.success([("number", .int(2))]))
        #expect(drive.run.ready().map(\.path.text) == ["both/left/b"])
        drive.run.complete(StepPath("both/left/b"), with: Fixtures.success([("number", .int(3))]))
        #expect(drive.run.ready().first?.inputs["number"] == .int(13))
    }

    @Test("A branch that fails lets the others end, and fails the step")
    func failedBranch() throws {
        var drive = try Drive(Self.fork)
        drive.finish { call in
            call.path.text == "both/left/a" ? .failed(code: "boom", message: "no") : Fixtures.outcome(of: call)
        }
        #expect(drive.paths == ["first", "both/left/a", "both/right/c"])
        #expect(drive.run.result?.status == .failed)
        #expect(drive.run.result?.message == "branch `left` of `both` failed: no [boom]")
    }

    @Test("A branch that ends early ends the scope around the fork, with its status")
    func endedBranch() throws {
        var drive = try Drive(Self.fork)
        drive.finish { call in
            call.path.text == "both/right/c" ? .ended(.abstain, note: "unsure") : Fixtures.outcome(of: call)
        }
        #expect(drive.paths == ["first", "both/left/a", "both/right/c", "both/left/b"])
        #expect(drive.run.result == RunResult(status: .abstain, message: "unsure"))
    }

    @Test("Restoring any prefix of a forked run leaves the same calls outstanding", arguments: UInt64(0)..<20)
    func forkResumes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var drive = try Drive(Self.fork)
        var done: [(path: StepPath, outcome: StepOutcome, at: Timestamp)] = []
        var time = Fixtures.facts.startedAt
        while let call = drive.run.outstanding.randomElement(using: &random) {
            var restored = try Drive(Self.fork).run
            #expect(restored.restore(done).isEmpty)
            #expect(restored.outstanding == drive.run.outstanding)
            time = time + .seconds(Int64.random(in: 0...9, using: &random))
            let outcome = Fixtures.outcome(of: call)
            done.append((call.path, outcome, time))
            drive.run.complete(call.path, with: outcome, at: time)
        }
        #expect(drive.run.isFinished && done.count == 5)
    }

    // MARK: - on_failure

    private static let failing =
        head + """
            inputs: { l: { type: list<ticker>, default: [A, B] } }
            steps:
              - id: each
                foreach: inputs.l
                as: ticker
                key: ticker
                max_concurrent: 1
                on_item_failure: POLICY
                steps:
                  - { id: decide, uses: agent.decide, with: { ticker: "${{ ticker }}" } }
              - { id: after, uses: test.echo }
            on_failure:
              - id: page
                uses: notify.send
                with: { to: desk, text: "${{ failure.step }} ${{ failure.code }}: ${{ failure.message }} ${{ steps.each.failed }}" }
            finally:
              - id: tell
                uses: test.echo
                with: { flag: "${{ has(failure.step) }}", text: "${{ run.status }}", number: "${{ steps.each.succeeded }}" }
            """

    @Test(
        "on_failure runs when a step failed, not when an item of a list that goes on did; finally always runs",
        arguments: [
            ("stop", true, ["each[A]/decide", "page", "tell"]),
            ("continue", false, ["each[A]/decide", "each[B]/decide", "after", "tell"]),
        ]
    )
    func onFailure(_ policy: String, _ hasFailed: Bool, _ paths: [String]) throws {
        var drive = try Drive(Self.failing.replacing("POLICY", with: policy))
        drive.finish { call in
            call.path.text == "each[A]/decide" ? .failed(code: "boom", message: "no") : Fixtures.outcome(of: call)
        }
        #expect(drive.paths == paths)
        #expect(drive.calls["tell"]?.inputs["flag"] == .bool(hasFailed))
        #expect(drive.calls["tell"]?.inputs["text"] == .text("FAILED"))
        let text = drive.calls["page"]?.inputs["text"]?.textValue
        let wanted = "each item_failed: foreach `each` stopped: item `A` failed: no [boom] 1"
        #expect(text == (hasFailed ? wanted : nil))
        #expect(drive.run.result?.status == .failed)
    }

    @Test("A rejection runs finally, not on_failure; a failure inside on_failure does not stop it")
    func rejection() throws {
        let text =
            Self.head + """
                steps:
                  - { id: a, uses: test.echo }
                  - { id: b, uses: test.echo }
                on_failure:
                  - { id: c, uses: test.echo }
                  - { id: d, uses: test.echo }
                finally:
                  - { id: e, uses: test.echo }
                """
        var drive = try Drive(text)
        drive.finish { $0.path.text == "a" ? .ended(.rejected, note: "by a person") : Fixtures.outcome(of: $0) }
        #expect(drive.paths == ["a", "e"])
        #expect(drive.run.result == RunResult(status: .rejected, message: "by a person"))
        var failing = try Drive(text)
        failing.finish {
            ["a", "c"].contains($0.path.text) ? .failed(code: "x", message: "y") : Fixtures.outcome(of: $0)
        }
        #expect(failing.paths == ["a", "c", "d", "e"])
    }

    // MARK: - Time

    @Test("A call's deadline is the earliest of its own timeout and those of the workflows around it")
    func deadlines() throws {
        let child = """
            format: 1
            workflow: kid
            timeout: 10m
            steps:
              - { id: one, uses: portfolio.snapshot, timeout: 2m }
              - { id: two, uses: portfolio.snapshot }
            finally:
              - { id: clean, uses: portfolio.snapshot }
            """
        let text =
            Self.head + """
                timeout: 1h
                defaults: { timeout: 30m, retry: { attempts: 3, first_wait: 5s } }
                steps:
                  - { id: alone, uses: portfolio.snapshot }
                  - { id: order, uses: orders.cancel_open }
                  - { id: short, uses: workflow.run, timeout: 4m, with: { workflow: kid } }
                  - { id: long, uses: workflow.run, with: { workflow: kid } }
                """
        var drive = try Drive(text, children: ["kid": child])
        drive.pace = .seconds(60)
        drive.finish()
        let start = Fixtures.facts.startedAt
        func deadline(_ path: String) -> Duration? { drive.calls[path]?.deadline.map { $0.time - start } }
        #expect(deadline("alone") == .seconds(30 * 60))
        #expect(drive.calls["alone"]?.retry?.attempts == 3)
        #expect(deadline("order") == .seconds(60 * 60) && drive.calls["order"]?.retry == nil)
        // The child starts two minutes in, at the `workflow.run` that gives it four.
        #expect(deadline("short/one") == .seconds(4 * 60) && deadline("short/two") == .seconds(6 * 60))
        #expect(deadline("short/clean") == nil)
        #expect(deadline("long/two") == .seconds(15 * 60))
        #expect(drive.calls["long/two"]?.deadline?.text == "workflow kid had 10m")
        #expect(drive.calls["short/one"]?.deadline?.text == "step short/one had 2m")
        #expect(drive.calls["short/one"]?.deadline?.isOfWorkflow == false)
    }

    @Test("Waits between tries grow by the factor up to their bound")
    func waits() throws {
        let text =
            Self.head + """
                steps:
                  - id: a
                    uses: portfolio.snapshot
                    retry: { attempts: 6, first_wait: 2s, factor: 2.5, max_wait: 1m, on: [timed_out, NO_PRICE] }
                """
        let drive = try Drive(text)
        let retry = try #require(drive.run.outstanding.first?.retry)
        let waits = (2...6).map { retry.wait(before: $0) }
        #expect(waits == [.seconds(2), .seconds(5), .milliseconds(12_500), .milliseconds(31_250), .seconds(60)])
        #expect(retry.covers("timed_out") && retry.covers("NO_PRICE") && !retry.covers("boom"))
    }

    @Test(
        "A cron line fires when it says",
        arguments: [
            ("0 10 * * MON-FRI", "2026-11-20", [600]), ("0 10 * * MON-FRI", "2026-11-21", []),
            ("*/20 9-10 * * *", "2026-11-21", [540, 560, 580, 600, 620, 640]), ("5 4 29 2 *", "2028-02-29", [245]),
            // Both day fields restricted: either is enough.
            ("0 0 1 * 0", "2026-11-22", [0]), ("0 0 1 * 7", "2026-12-01", [0]), ("0 0 1 * SUN", "2026-12-02", []),
            ("0,30 8 */2 * *", "2026-11-21", [480, 510]), ("0 8 */2 * *", "2026-11-20", []),
            ("15 9 * JAN,jul 1-5", "2027-01-04", [555]), ("10-50/20 9 * * *", "2026-11-20", [550, 570, 590]),
        ]
    )
    func cron(_ line: String, _ day: String, _ minutes: [Int]) throws {
        let text =
            Self.head + """
                schedule:
                  - { id: s, cron: "\(line)", timezone: Asia/Seoul, late_by: 5m }
                steps: [{ id: a, uses: test.echo }]
                """
        let schedule = try #require(try Fixtures.bundle(text).root.schedules.first)
        guard case .cron(let cron, _, _) = schedule.definition.trigger else {
            Issue.record("no cron")
            return
        }
        #expect(cron.fires(on: try #require(CalendarDate(day))) != minutes.isEmpty)
        guard !minutes.isEmpty else { return }
        var found: [Int] = []
        while let minute = cron.firstMinute(from: (found.last ?? -1) + 1) { found.append(minute) }
        #expect(found == minutes)
    }

    @Test("Schedules carry typed inputs and safe defaults, and a lint asks for late_by")
    func schedules() throws {
        let text =
            Self.head + """
                inputs: { drift: { type: percent, default: 2% }, names: { type: list<ticker>, default: [] } }
                schedule:
                  - id: month-end
                    market: XNYS
                    session: last_of_month
                    at: close - 60m
                    with: { drift: 0.5%, names: [ON, TRUE] }
                steps: [{ id: a, uses: test.echo }]
                """
        let result = Fixtures.compile(text)
        #expect(
            result.diagnostics.map(\.headline) == [
                "t.yaml:5:9: warning[late-by]: schedule `month-end` has no `late_by`"
            ]
        )
        let schedule = try #require(result.bundle?.root.schedules.first)
        #expect(schedule.inputs["drift"] == .percent(FixedDecimal(units: 50_000_000)))
        #expect(schedule.inputs["names"] == Fixtures.tickers(["ON", "TRUE"]))
        #expect(schedule.definition.lateBy == .seconds(900))
        #expect(schedule.definition.missed == .skip && schedule.definition.overlap == .skip)
        #expect(schedule.definition.trigger.description == "last_of_month session of XNYS, close - 1h")
    }

    @Test(
        "A foreach whose orders cannot be done in one session is warned of",
        arguments: [(3, 1, 130, false), (3, 1, 131, true), (4, 2, 195, false), (5, 2, 195, true), (40, 40, 300, false)]
    )
    func sessionLength(items: Int, concurrent: Int, minutes: Int, warns: Bool) throws {
        let names = (0..<items).map { "T\($0)" }.joined(separator: ", ")
        let text =
            Self.head + """
                inputs: { tickers: { type: list<ticker>, default: [\(names)] } }
                schedule: [{ id: open, market: XNYS, session: every, at: open + 5m, late_by: 5m }]
                steps:
                  - id: each
                    foreach: inputs.tickers
                    as: ticker
                    key: ticker
                    max_concurrent: \(concurrent)
                    steps: [{ id: a, uses: test.echo, with: { duration_minutes: \(minutes) } }]
                """
        let found = Fixtures.compile(text).diagnostics.map(\.headline)
        let message =
            "t.yaml:6:9: warning[session-length]: `each` works \(items) items, \(concurrent) at a time, \(minutes) min each: "
            + "\((items + concurrent - 1) / concurrent * minutes) min, and a session has 6h30m"
        #expect(found == (warns ? [message] : []))
    }

    @Test("The concurrency key is a text of the inputs")
    func concurrency() throws {
        let text =
            Self.head + """
                inputs: { list: { type: text, default: core } }
                concurrency: { key: inputs.list + "/x", limit: 2, when_full: skip }
                steps: [{ id: a, uses: test.echo }]
                """
        let bundle = try Fixtures.bundle(text)
        let slot = ConcurrencySlot(key: "wide/x", limit: 2, whenFull: .skip)
        #expect(try bundle.concurrencySlot(for: ["list": .text("wide")]) == slot)
        #expect(try bundle.concurrencySlot(for: [:])?.key == "core/x")
        #expect(throws: WorkflowInputError.self) { try bundle.concurrencySlot(for: ["list": .int(1)]) }
    }
}
