import ExecutionAnalytics
import ExecutionEngine
public import Orchestration
import TradingDomain
import Workflows

/// A run store under test, with what only its owner can do to it.
public protocol RunStoreHarness: Sendable {
    /// Returns the store of a worker; the same name is the same worker.
    func store(_ worker: String) async throws -> any RunStore
    /// Ends a worker as a crash does: without a word, its lease over.
    func bury(_ worker: String) async throws
}

/// What every ``RunStore`` promises.
public enum RunStoreConformance<Harness: RunStoreHarness> {
    /// All cases, in order.
    public static var cases: [ConformanceCase<Harness>] {
        [
            ConformanceCase("A run is claimed as it was created", create),
            ConformanceCase("A run begins in its worker's hands, once", begin),
            ConformanceCase("A living worker keeps its run, a dead one loses it and is fenced", takeover),
            ConformanceCase("A step is done once, and a claim knows what is done, in order", steps),
            ConformanceCase("Of steps written together each counts once, in their order", together),
            ConformanceCase("Of runs that write at once, those that were taken over fail alone", crowd),
            ConformanceCase("A finished run cannot be claimed, and finishing again changes nothing", finish),
            ConformanceCase("A run is cancelled once, and whoever claims it is told", cancellation),
            ConformanceCase("A decision's key is taken once, whoever asks", decisions),
            ConformanceCase("Of many who take a key at once, one gets it", decisionRace),
            ConformanceCase("A step finds the decision that it recorded", ownDecision),
            ConformanceCase("An approval is found by its digest", approvals),
            ConformanceCase("A plan is asked about once, answered once, and another takes its place", asking),
            ConformanceCase("A run is let go of while people are asked, and only then", parking),
            ConformanceCase("A run of a full concurrency key waits until one of the key has ended", queue),
            ConformanceCase("A full key skips a run, or has the oldest make room", skipAndReplace),
            ConformanceCase("A run that waits its turn can be cancelled", cancelledInQueue),
            ConformanceCase("Of a concurrency key never more than its limit go on", hardCap),
            ConformanceCase("The first market tape of a parent stays, and only its run's holder keeps one", tapes),
        ]
    }

    static var time: Timestamp { JournalSamples.start }

    static func run(_ number: Int = 1) -> RunRecord {
        RunRecord(
            id: RunID(unchecked: "0198c0de-0000-7000-8000-00000000000\(number)"),
            workflow: "watchlist",
            definitionHash: "ab12",
            sources: ["watchlist": "format: 1\nsteps:\n- a: \"ü\"\n", "process-ticker": "format: 1\n"],
            inputs: #"{"tickers": ["NVDA"],  "b": 1.50}"#,
            account: AccountID(unchecked: "paper@generated-7"),
            environment: .backtest,
            launch: #"{"market":"generated"}"#,
            startedAt: time,
            seed: .max
        )
    }

    static func step(_ path: String, outcome: String = #"{"a":1}"#) -> StepRecord {
        StepRecord(
            path: path,
            uses: "agent.decide",
            effect: "read",
            outcome: outcome,
            startedAt: time,
            doneAt: time + .nanoseconds(7)
        )
    }

    private static func decision(
        _ key: String,
        hash: String = "h1",
        run: RunID,
        step: String = "decide"
    ) throws -> DecisionRecord {
        DecisionRecord(
            key: DecisionKey(
                account: AccountID(unchecked: "paper"),
                agent: AgentID(unchecked: "momentum"),
                key: key
            ),
            decision: DecisionID(unchecked: "decision-\(key)"),
            economicHash: hash,
            symbol: try JournalSamples.symbol(),
            kind: "TRADE",
            envelope: #"{"b":2, "a":[1.50]}"#,
            request: #"{"ticker":"NVDA"}"#,
            reply: "not JSON at all: {\"",
            log: "line one\nline two",
            breakerIsOpen: true,
            run: run,
            stepPath: step,
            decidedAt: time
        )
    }

    private static func create(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        try await store.create(run())
        var other = run()
        other.workflow = "something else"
        try await store.create(other)
        let claimed = try await store.claim(run().id)
        try expect(claimed.record, equals: run(), "the record as first created")
        try expect(claimed.done.isEmpty, "nothing is done")
        let unknown = RunID(unchecked: "no such run")
        let error = try await expectError(RunStoreError.self, "claiming an unknown run") {
            _ = try await store.claim(unknown)
        }
        try expect(error, equals: .notFound(unknown), "the error")
    }

    private static func takeover(_ harness: Harness) async throws {
        let (one, two) = (try await harness.store("one"), try await harness.store("two"))
        try await one.create(run())
        let old = try await one.claim(run().id).claim
        let again = try await one.claim(run().id).claim
        try expect(again.epoch > old.epoch, "a worker may claim its own run again, under a higher epoch")
        let busy = try await expectError(RunStoreError.self, "a living worker's run") {
            _ = try await two.claim(run().id)
        }
        try expect(busy.code, equals: "run_busy", "the refusal")
        try await harness.bury("one")
        let new = try await two.claim(run().id).claim
        let approval = ApprovalRecord(digest: "d", run: run().id, stepPath: "check", orders: [], expiresAt: time)
        let key = try decision("k", run: run().id).key
        let writes: [(String, () async throws -> Void)] = [
            ("complete", { try await one.complete(step("a"), of: again) }),
            ("finish", { try await one.finish(again, status: .success, report: "{}", at: time) }),
            ("resolve", { try await one.resolve([DecisionOutcome(key: key, outcome: "x")], of: again) }),
            ("save", { try await one.save(approval, of: again) }),
            ("ask", { try await one.ask(request(), of: again) }),
            ("save tapes", { try await one.save([tape("a")], of: again) }),
        ]
        for (name, write) in writes {
            let error = try await expectError(RunStoreError.self, "\(name) of the old claim", write)
            try expect(error, equals: .fenced(run().id), "the fence of \(name)")
        }
        try await two.complete(step("a"), of: new)
        try expect(try await two.claim(run().id).done.map(\.path), equals: ["a"], "what is done")
        try expect(try await two.approval("d"), equals: nil, "an approval of the old claim")
    }

    private static func tape(_ parent: String, volume: Int = 1, later seconds: Int64? = nil) -> TapeRecord {
        let benchmarks = IntervalMeter(from: time, to: time + .seconds(60)).benchmarks
        let bucket = MarketTape.Bucket(
            end: time + .seconds(60),
            volume: Quantity(volume),
            turnover: FixedDecimal(7),
            last: Price(units: 123),
            bid: nil,
            ask: Price(units: 124)
        )
        return TapeRecord(
            run: run().id,
            parent: ParentOrderID(unchecked: parent),
            tape: MarketTape(start: time, bucketSeconds: 60, buckets: [bucket], interval: benchmarks),
            aftermath: seconds.map { seconds in
                Aftermath(
                    marks: [
                        .init(horizonSeconds: 60, bps: 0.1 + 0.2, covered: Quantity(Int(seconds))),
                        .init(horizonSeconds: 300, bps: nil, covered: .zero),
                    ],
                    halfSpreadBps: nil,
                    closePrice: seconds > 100 ? Price(units: 123) : nil,
                    readUntil: time + .seconds(seconds),
                    isComplete: seconds > 100
                )
            }
        )
    }

    private static func tapes(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        try await store.create(run())
        let claim = try await store.claim(run().id).claim
        try await store.save([tape("a"), tape("b", volume: 2)], of: claim)
        try await store.save([tape("b", volume: 3), tape("c")], of: claim)
        try await store.save([TapeRecord](), of: claim)
        let name = [ParentOrderID(unchecked: "d")]
        for (seconds, expected) in [(nil, nil), (60, 60), (30, 60), (120, 120), (90, 120)] as [(Int64?, Int64?)] {
            try await store.save([tape("d", later: seconds)], of: claim)
            let kept = try await store.tapes(name)
            try expect(
                kept,
                equals: [tape("d", later: expected)],
                "what was looked at furthest, after \(seconds ?? 0) s"
            )
        }
        let asked = ["c", "unknown", "b", "a"].map { ParentOrderID(unchecked: $0) }
        let kept = try await store.tapes(asked)
        try expect(kept, equals: [tape("c"), tape("b", volume: 2), tape("a")], "the tapes in the order asked")
    }

    private static func steps(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        try await store.create(run())
        let claim = try await store.claim(run().id).claim
        let paths = ["each[NVDA]/decide", "each[AMD]/decide", "each[NVDA]/size", "aaa"]
        for path in paths { try await store.complete(step(path), of: claim) }
        try await store.complete(step(paths[0], outcome: #"{"a":2}"#), of: claim)
        try expect(try await store.claim(run().id).done, equals: paths.map { step($0) }, "the steps in order")
    }

    private static func finish(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        try await store.create(run())
        let claim = try await store.claim(run().id).claim
        for _ in 0..<2 {
            let report = #"{"items":[]}"#
            try await store.finish(claim, after: [step("last")], status: .partial, report: report, at: time)
        }
        let error = try await expectError(RunStoreError.self, "claiming a finished run") {
            _ = try await store.claim(run().id)
        }
        try expect(error, equals: .finished(run().id, .partial), "the error")
        _ = try await expectError(RunStoreError.self, "a step of a finished run") {
            try await store.complete(step("late"), of: claim)
        }
    }

    private static func cancellation(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        try await store.create(run())
        try expect(try await store.cancellation(of: run().id), equals: nil, "before anybody asked")
        let first = RunCancellation(by: "ada", reason: "wrong list")
        try await store.cancel(run().id, first)
        try await store.cancel(run().id, RunCancellation(by: "bob", reason: "again"))
        _ = try await store.claim(run().id)
        try await harness.bury("one")
        let second = try await harness.store("two")
        _ = try await second.claim(run().id)
        try expect(try await second.cancellation(of: run().id), equals: first, "what the next worker reads")
    }

    private static func decisions(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        for number in 1...2 { try await store.create(run(number)) }
        let (first, second) = (run(1).id, run(2).id)
        let claims = (try await store.claim(first).claim, try await store.claim(second).claim)
        let original = try decision("k1", run: first)
        try expect(try await store.record(original), equals: .new, "a new decision")
        try expect(try await store.record(original), equals: .new, "the same step after a crash")
        var again = try decision("k1", run: second)
        again.decision = DecisionID(unchecked: "another-id")
        let open = DecisionReceipt.duplicate(firstRun: first, decision: original.decision, outcome: nil)
        try expect(try await store.record(again), equals: open, "asked again while the first is open")
        try await store.resolve([DecisionOutcome(key: original.key, outcome: "not yours")], of: claims.1)
        let success = DecisionOutcome(key: original.key, outcome: #"{"status":"SUCCESS"}"#)
        try await store.resolve([success], of: claims.0)
        let done = DecisionReceipt.duplicate(
            firstRun: first,
            decision: original.decision,
            outcome: #"{"status":"SUCCESS"}"#
        )
        try expect(try await store.record(again), equals: done, "asked again after the first")
        let conflict = DecisionReceipt.conflict(
            firstRun: first,
            decision: original.decision,
            outcome: #"{"status":"SUCCESS"}"#
        )
        try expect(
            try await store.record(try decision("k1", hash: "h2", run: second)),
            equals: conflict,
            "other content"
        )
        try expect(try await store.record(try decision("k2", hash: "h2", run: second)), equals: .new, "another key")
    }

    private static func decisionRace(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        let receipts = try await withThrowingTaskGroup(of: DecisionReceipt.self) { group in
            for number in 1...8 {
                group.addTask { try await store.record(try decision("k", run: run(number).id)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try expect(receipts.count { $0 == .new }, equals: 1, "how many of eight took the key")
    }

    private static func ownDecision(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        var original = try decision("k1", run: run().id, step: "each[NVDA]/decide")
        original.symbol = nil
        _ = try await store.record(original)
        _ = try await store.record(try decision("k1", run: run(2).id))
        let found = try await store.decision(run: run().id, stepPath: "each[NVDA]/decide")
        try expect(found, equals: original, "the decision of its step")
        try expect(try await store.decision(run: run().id, stepPath: "decide"), equals: nil, "another step's")
        try expect(try await store.decision(run: run(2).id, stepPath: "decide"), equals: nil, "a duplicate's")
    }

    private static func approvals(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        try await store.create(run())
        let claim = try await store.claim(run().id).claim
        let order = try JournalSamples.submission(account: AccountID(unchecked: "paper")).order
        let plain = ProposedOrder(
            instrument: order.instrument,
            side: order.side,
            quantity: order.quantity,
            referencePrice: order.referencePrice,
            urgency: order.urgency,
            urgencySource: order.urgencySource,
            note: "ü"
        )
        var approval = ApprovalRecord(
            digest: "digest",
            run: run().id,
            stepPath: "check",
            orders: [plain],
            expiresAt: time
        )
        try await store.save(approval, of: claim)
        try await store.save(approval, of: claim)
        try expect(try await store.approval("digest"), equals: approval, "the approval")
        approval.stepPath = "check again"
        approval.expiresAt = time + .seconds(60)
        try await store.save(approval, of: claim)
        try expect(try await store.approval("digest"), equals: approval, "the one that holds longest")
        try expect(try await store.approval("other"), equals: nil, "an unknown digest")
    }
}
