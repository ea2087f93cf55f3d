import Foundation
import Testing
import TradingDomain
import Workflows
import YAMLNodes

@Suite("Running a plan")
struct InterpreterTests {
    private func watchlist(_ tickers: [String], maxConcurrent: Int64 = 3) throws -> WorkflowRun {
        let result = Fixtures.compile(try Fixtures.good("watchlist"))
        let bundle = try #require(result.bundle, "\(result.diagnostics.rendered)")
        let inputs: [String: Value] = ["tickers": Fixtures.tickers(tickers), "max_concurrent": .int(maxConcurrent)]
        return try WorkflowRun(bundle, inputs: inputs, facts: Fixtures.facts)
    }

    private func run(_ text: String, _ inputs: [String: Value] = [:], children: [String: String] = [:]) throws
        -> WorkflowRun
    {
        try WorkflowRun(try Fixtures.bundle(text, children: children), inputs: inputs, facts: Fixtures.facts)
    }

    /// Completes everything in the order handed out.
    private func drive(_ run: inout WorkflowRun, _ outcome: (StepCall) -> StepOutcome = { Fixtures.outcome(of: $0) })
        -> [String]
    {
        var paths: [String] = []
        while true {
            let calls = run.ready()
            guard !calls.isEmpty else { return paths }
            for call in calls {
                paths.append(call.path.text)
                run.complete(call.path, with: outcome(call))
            }
        }
    }

    @Test("A watchlist runs its items through the child, with durable paths")
    func watchlistPaths() throws {
        var run = try watchlist(["AAPL"])
        #expect(
            drive(&run) == [
                "each[AAPL]/process/book", "each[AAPL]/process/decide", "each[AAPL]/process/size",
                "each[AAPL]/process/check", "each[AAPL]/process/work[AAPL-BUY]/send", "each[AAPL]/process/report",
            ]
        )
        #expect(run.result == RunResult(status: .success, message: ""))
    }

    @Test("Calls carry typed inputs, their instance, item, pool and timeout")
    func callDetails() throws {
        var run = try watchlist(["ON"])
        let book = try #require(run.ready().first)
        run.complete(book.path, with: Fixtures.outcome(of: book))
        let decide = try #require(run.ready().first)
        #expect(decide.inputs["ticker"] == Symbol("ON").map { .ticker($0) })
        #expect(decide.inputs["agent"] == .text("momentum"))
        #expect(decide.inputs["decisions"] == nil && decide.inputs["context"] == nil)
        #expect(decide.instance.text == "each[ON]/process" && decide.workflow == "process-ticker")
        #expect(decide.item?.text == "each[ON]")
        #expect(decide.pool == "agents" && decide.timeout == .seconds(120) && decide.effect == .read)
    }

    @Test("max_concurrent counts items in flight, and they start in item order")
    func concurrency() throws {
        var run = try watchlist(["A", "B", "C", "D"], maxConcurrent: 2)
        #expect(run.ready().map(\.path.text) == ["each[A]/process/book", "each[B]/process/book"])
        #expect(run.ready().isEmpty)
        run.complete(StepPath("each[B]/process/book"), with: .ended(.blocked, note: "kill switch"))
        #expect(run.ready().map(\.path.text) == ["each[C]/process/book"])
    }

    @Test("Statuses: one bad ticker never stops the rest, and the worst one names the run")
    func statuses() throws {
        var run = try watchlist(["A", "B", "C", "D"])
        _ = drive(&run) { call in
            switch (call.item?.text, call.uses) {
            case ("each[A]", "agent.decide"): .ended(.abstain, note: "no data")
            case ("each[B]", "agent.decide"): .failed(code: "agent_crashed", message: "exit 1")
            case ("each[C]", "agent.decide"): Fixtures.outcome(of: call, action: "HOLD")
            default: Fixtures.outcome(of: call)
            }
        }
        #expect(
            run.items.filter { $0.path.text.hasPrefix("each[") && !$0.path.text.contains("/") }.map(\.result?.status)
                == [.abstain, .failed, .hold, .success]
        )
        #expect(run.items.first { $0.key == "C" }?.result?.message == "the agent holds")
        #expect(run.items.first { $0.key == "B" }?.result?.message.contains("exit 1 [agent_crashed]") == true)
        #expect(run.result?.status == .failed)
    }

    @Test("A list of which some held and some traded is a success; one of which all held is a HOLD")
    func holding() throws {
        var mixed = try watchlist(["A", "B"])
        _ = drive(&mixed) { Fixtures.outcome(of: $0, action: $0.item?.text == "each[A]" ? "HOLD" : "BUY") }
        #expect(mixed.result?.status == .success)
        var held = try watchlist(["A", "B"])
        _ = drive(&held) { Fixtures.outcome(of: $0, action: "HOLD") }
        #expect(held.result?.status == .hold)
    }

    @Test("Duplicate keys fail the foreach before any item starts")
    func duplicateKeys() throws {
        var run = try watchlist(["A", "B", "A"])
        #expect(run.ready().isEmpty)
        #expect(run.result?.status == .failed)
        #expect(run.result?.message.contains("duplicate_key") == true)
        #expect(run.items.isEmpty)
    }

    private let stopping = """
        format: 1
        workflow: t
        inputs:
          tickers: { type: list<ticker> }
        steps:
          - id: each
            foreach: inputs.tickers
            as: one
            key: one
            max_concurrent: 2
            on_item_failure: POLICY
            steps:
              - id: first
                uses: test.echo
              - id: second
                uses: test.echo
            collect: steps.second.number
          - id: after
            uses: test.echo
            with: { number: "${{ steps.each.succeeded * 10 + steps.each.failed }}" }
        finally:
          - id: tell
            uses: notify.send
            with:
              to: desk
              text: "${{ run.status }}: ${{ steps.each.succeeded }} and ${{ steps.each.failed }}, ${{ steps.after.number }}"
        """

    @Test("on_item_failure: stop starts no further item, lets those in flight end, and fails the step")
    func stopPolicy() throws {
        var run = try run(
            stopping.replacing("POLICY", with: "stop"),
            ["tickers": Fixtures.tickers(["A", "B", "C"])]
        )
        #expect(run.ready().map(\.path.text) == ["each[A]/first", "each[B]/first"])
        run.complete(StepPath("each[A]/first"), with: .failed(code: "x", message: "boom"))
        #expect(run.ready().isEmpty)
        run.complete(StepPath("each[B]/first"), with: Fixtures.success([("number", .int(1))]))
        run.complete(StepPath("each[B]/second"), with: Fixtures.success([("number", .int(1))]))
        let tell = try #require(run.ready().first)
        #expect(tell.path.text == "tell")
        #expect(tell.inputs["text"] == .text("FAILED: 1 and 1, –"))
        run.complete(tell.path, with: Fixtures.success([]))
        #expect(run.result?.status == .failed)
        #expect(run.result?.message.contains("item `A` failed: boom [x]") == true)
    }

    @Test("on_item_failure: continue goes on, and later steps read the counts")
    func continuePolicy() throws {
        var run = try run(
            stopping.replacing("POLICY", with: "continue"),
            ["tickers": Fixtures.tickers(["A", "B", "C"])]
        )
        var after: Value?
        _ = drive(&run) { call in
            if call.path.text == "after" { after = call.inputs["number"] }
            return call.path.text == "each[A]/first" ? .failed(code: "x", message: "boom") : Fixtures.outcome(of: call)
        }
        #expect(after == .int(21))
        #expect(run.result?.status == .failed)
        #expect(run.output(of: "each")?.recordValue?["collected"] == .list([.int(0), .int(0)]))
    }

    @Test("min_success fails the step when too many items failed", arguments: [("60%", true), ("50%", false)])
    func minSuccess(_ share: String, _ fails: Bool) throws {
        let text = stopping.replacing("POLICY", with: "continue\n    min_success: \(share)")
        var run = try run(text, ["tickers": Fixtures.tickers(["A", "B"])])
        let paths = drive(&run) { call in
            call.path.text == "each[A]/first" ? .failed(code: "x", message: "boom") : Fixtures.outcome(of: call)
        }
        #expect(paths.contains("after") == !fails)
        #expect(run.result?.message.contains("too_few_succeeded") == fails)
    }

    @Test("finally runs whatever happened, with defaults for what never ran")
    func finallyDefaults() throws {
        let text = stopping.replacing("POLICY", with: "stop").replacing(
            "  - id: each\n",
            with: "  - id: gate\n    uses: test.echo\n  - id: each\n"
        )
        var run = try run(text, ["tickers": Fixtures.tickers(["A"])])
        run.complete(StepPath("gate"), with: .ended(.rejected, note: "not approved"))
        let tell = try #require(run.ready().first)
        #expect(tell.inputs["text"] == .text("REJECTED: 0 and 0, –"))
        run.complete(tell.path, with: .failed(code: "smtp", message: "no route"))
        #expect(run.result?.status == .failed)
    }

    @Test("An output against its declaration fails the step instead of reaching later ones")
    func badOutput() throws {
        var run = try run("format: 1\nworkflow: t\nsteps:\n  - { id: a, uses: test.echo }\n")
        run.complete(StepPath("a"), with: Fixtures.success([("number", .text("five"))]))
        #expect(run.result?.message.contains("bad_output") == true)
    }

    @Test("Errors of expressions end the scope with their place")
    func runtimeError() throws {
        let run = try run(
            """
            format: 1
            workflow: t
            inputs: { n: { type: int, default: 0 } }
            steps:
              - id: a
                uses: test.echo
                with: { number: "${{ 1 / inputs.n }}" }
            """
        )
        #expect(run.result?.status == .failed)
        #expect(run.result?.message.contains("t.yaml:5:9: step `a`: `1 / inputs.n`: 1 divided by zero") == true)
        #expect(run.result?.message.contains("[expression_division_by_zero]") == true)
    }

    @Test("The inputs of a run are checked")
    func inputChecks() throws {
        let bundle = try #require(Fixtures.compile(try Fixtures.good("watchlist")).bundle)
        #expect(throws: WorkflowInputError.self) { try WorkflowRun(bundle, inputs: [:], facts: Fixtures.facts) }
        #expect(throws: WorkflowInputError.self) {
            try WorkflowRun(bundle, inputs: ["tickers": .text("A")], facts: Fixtures.facts)
        }
        #expect(throws: WorkflowInputError.self) {
            let inputs: [String: Value] = ["tickers": .list([]), "max_concurrent": .int(0)]
            return try WorkflowRun(bundle, inputs: inputs, facts: Fixtures.facts)
        }
    }

    @Test("A child's result is an output of its step, and its bad end does not throw in the parent")
    func childResult() throws {
        let child = "format: 1\nworkflow: kid\nsteps:\n  - { id: a, uses: test.echo }\n"
        let parent = """
            format: 1
            workflow: t
            steps:
              - id: go
                uses: workflow.run
                with: { workflow: kid }
              - id: after
                uses: test.echo
                with: { text: "${{ steps.go.result.message }}" }
                if: steps.go.result.status == "BLOCKED"
            """
        var run = try run(parent, children: ["kid": child])
        run.complete(StepPath("go/a"), with: .ended(.blocked, note: "kill switch"))
        let after = try #require(run.ready().first)
        #expect(after.inputs["text"] == .text("kill switch"))
        run.complete(after.path, with: Fixtures.outcome(of: after))
        #expect(run.result == RunResult(status: .blocked, message: "kill switch"))
    }

    @Test("A child that FAILED does not stop its parent, whose on_failure then knows why")
    func childFailure() throws {
        let child = "format: 1\nworkflow: kid\nsteps:\n  - { id: a, uses: test.echo }\n"
        let parent = """
            format: 1
            workflow: t
            steps:
              - { id: go, uses: workflow.run, with: { workflow: kid } }
              - { id: after, uses: test.echo }
            on_failure:
              - { id: told, uses: test.echo, with: { text: "${{ failure.message }}" } }
            """
        for fails in [true, false] {
            var run = try run(parent, children: ["kid": child])
            let bad = StepOutcome.failed(code: "broken", message: "it broke")
            let first = try #require(run.ready().first)
            run.complete(first.path, with: fails ? bad : Fixtures.outcome(of: first))
            let after = try #require(run.ready().first)
            #expect(after.path == StepPath("after"))
            run.complete(after.path, with: Fixtures.outcome(of: after))
            let told = run.ready().first
            #expect(told?.inputs["text"] == (fails ? .text("it broke [broken]") : nil))
            if let told { run.complete(told.path, with: Fixtures.outcome(of: told)) }
            #expect(run.result?.status == (fails ? .failed : .success))
        }
    }

    @Test("Events tell of instances, items and skipped steps in order")
    func events() throws {
        var run = try watchlist(["A"])
        _ = drive(&run)
        let words = run.takeEvents().map { event in
            switch event {
            case .instanceStarted(let path, _, _): "start \(path)"
            case .instanceFinished(let path, _, let result): "finish \(path) \(result.status)"
            case .foreachStarted(let path, let items): "foreach \(path) \(items)"
            case .itemStarted(let path, _): "item \(path)"
            case .itemFinished(let path, _, let result): "done \(path) \(result.status)"
            case .stepSkipped(let path): "skip \(path)"
            }
        }
        #expect(
            words == [
                "start ", "foreach each 1", "item each[A]", "start each[A]/process", "skip each[A]/process/hold",
                "foreach each[A]/process/work 1", "item each[A]/process/work[A-BUY]",
                "done each[A]/process/work[A-BUY] SUCCESS",
                "finish each[A]/process SUCCESS", "done each[A] SUCCESS", "finish  SUCCESS",
            ]
        )
    }

    // MARK: - Determinism

    private struct Trace {
        var outcomes: [(path: StepPath, outcome: StepOutcome, at: Timestamp)] = []
        var outstanding: [[StepCall]] = []
        var run: WorkflowRun
    }

    /// Completes calls in a random order, each with an outcome that depends on its path alone.
    private func randomTrace(_ start: WorkflowRun, seed: UInt64) -> Trace {
        var random = SeededGenerator(seed: seed)
        var trace = Trace(run: start)
        var open = trace.run.ready()
        while !open.isEmpty {
            trace.outstanding.append(trace.run.outstanding)
            let call = open.remove(at: Int.random(in: 0..<open.count, using: &random))
            let outcome = self.outcome(call)
            trace.run.complete(call.path, with: outcome)
            trace.outcomes.append((call.path, outcome, Fixtures.facts.startedAt))
            if Bool.random(using: &random) || open.isEmpty { open += trace.run.ready() }
        }
        trace.outstanding.append(trace.run.outstanding)
        return trace
    }

    private func outcome(_ call: StepCall) -> StepOutcome {
        switch call.path.text.utf8.reduce(0, { ($0 &* 31 &+ Int($1)) % 1009 }) % 11 {
        case 0: .failed(code: "x", message: "boom at \(call.path)")
        case 1: .ended(.abstain, note: "no view at \(call.path)")
        default: Fixtures.outcome(of: call, action: call.path.text.contains("[H") ? "HOLD" : "BUY")
        }
    }

    @Test("Any order of completions gives the same final result and items", arguments: UInt64(0)..<60)
    func anyOrder(seed: UInt64) throws {
        let start = try watchlist(["A", "B", "C", "H1", "D2", "E", "H3", "G"], maxConcurrent: 3)
        let reference = randomTrace(start, seed: 1_000)
        let trace = randomTrace(start, seed: seed)
        #expect(trace.run.result == reference.run.result)
        #expect(Set(trace.run.items) == Set(reference.run.items))
        #expect(trace.run.output(of: "each") == reference.run.output(of: "each"))
        #expect(Set(trace.outcomes.map(\.path)) == Set(reference.outcomes.map(\.path)))
    }

    @Test(
        "Restoring any prefix of the outcomes leaves the same calls outstanding",
        arguments: UInt64(0)..<12,
        ["continue", "stop"]
    )
    func restoring(seed: UInt64, policy: String) throws {
        let tickers: [String: Value] = ["tickers": Fixtures.tickers(["A", "B", "C", "D", "E", "F"])]
        let starts = [
            try watchlist(["A", "B", "H1", "D2", "E"], maxConcurrent: 2),
            try run(stopping.replacing("POLICY", with: policy), tickers),
        ]
        for start in starts {
            let trace = randomTrace(start, seed: seed)
            for count in 0...trace.outcomes.count {
                var restored = start
                let unknown = restored.restore(Array(trace.outcomes.prefix(count)))
                #expect(unknown.isEmpty)
                #expect(restored.ready() == trace.outstanding[count])
                if count == trace.outcomes.count { #expect(restored.result == trace.run.result) }
            }
        }
    }

    @Test(
        "Outcomes restored in any order lead to the same calls when no item stops the list",
        arguments: UInt64(0)..<20
    )
    func restoringShuffled(seed: UInt64) throws {
        let start = try watchlist(["A", "B", "H1", "D2", "E", "F"], maxConcurrent: 2)
        let trace = randomTrace(start, seed: seed)
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...trace.outcomes.count, using: &random)
        var restored = start
        #expect(restored.restore(trace.outcomes.prefix(count).shuffled(using: &random)).isEmpty)
        #expect(restored.ready() == trace.outstanding[count])
    }

    @Test("A long list runs in time that grows with its length", .timeLimit(.minutes(15)))
    func longList() throws {
        var run = try watchlist((0..<1000).map { "T\($0)" }, maxConcurrent: 50)
        #expect(drive(&run).count == 6000)
        #expect(run.result?.status == .success)
    }

    @Test("Outcomes of another run are handed back")
    func foreignOutcomes() throws {
        var run = try watchlist(["A"])
        let foreign = StepPath("each[Z]/process/book")
        #expect(run.restore([(foreign, Fixtures.success([]), Fixtures.facts.startedAt)]) == [foreign])
    }

    @Test("Keys with brackets stay readable and unambiguous")
    func escaping() {
        #expect(StepPath("each").item("BTC/USDT").appending("a").text == "each[BTC/USDT]/a")
        #expect(StepPath("each").item("a]b[c%").text == "each[a%5Db%5Bc%25]")
        #expect(StepPath("each[A]/x").isInside(StepPath("each[A]")))
        #expect(!StepPath("each[A]/xy").isInside(StepPath("each[A]/x")))
    }

    @Test("The paths around a path are those that it is inside of")
    func enclosing() {
        let texts = ["", "a", "a/b", "a[x]", "a[x]/b", "a[x/y]/b[z]/c", "a[x", "a[x/y]", "a[x/y]/b", "ab/c", "ab"]
        for path in texts.map({ StepPath($0) }) {
            for other in texts {
                #expect(path.enclosing.contains(other) == path.isInside(StepPath(other)), "\(path) in \(other)")
            }
        }
    }
}
