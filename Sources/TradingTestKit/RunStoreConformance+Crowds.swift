import Orchestration
import TradingDomain
import Workflows

extension RunStoreConformance {
    static func begin(_ harness: Harness) async throws {
        let (one, two) = (try await harness.store("one"), try await harness.store("two"))
        let claimed = try await one.begin(run())
        try expect(claimed.record, equals: run(), "the record")
        try expect(claimed.done.isEmpty, "nothing is done")
        try await one.complete(step("a"), of: claimed.claim)
        let busy = try await expectError(RunStoreError.self, "beginning a living worker's run again") {
            _ = try await two.begin(run())
        }
        try expect(busy.code, equals: "run_busy", "the refusal")
        let again = try await one.begin(run())
        try expect(again.claim.epoch > claimed.claim.epoch, "its own worker gets it under a higher epoch")
        try expect(again.done.map(\.path), equals: ["a"], "what was done before")
        try expect(!again.isNew, "it was there before")
        let old = try await expectError(RunStoreError.self, "a step of the first claim") {
            try await one.complete(step("b"), of: claimed.claim)
        }
        try expect(old, equals: .fenced(run().id), "the fence")
        try await one.finish(again.claim, status: .hold, report: "{}", at: time)
        let ended = try await expectError(RunStoreError.self, "beginning a finished run") {
            _ = try await two.begin(run())
        }
        try expect(ended, equals: .finished(run().id, .hold), "the error")
    }

    static func together(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        let claim = try await store.begin(run()).claim
        try await store.complete([step("c"), step("a"), step("c", outcome: #"{"a":2}"#)], of: claim)
        try await store.complete([step("b"), step("a", outcome: #"{"a":3}"#)], of: claim)
        try await store.complete([], of: claim)
        try expect(
            try await store.claim(run().id).done,
            equals: ["c", "a", "b"].map { step($0) },
            "the first outcome of each, in order"
        )
        let fenced = try await expectError(RunStoreError.self, "several steps of the old claim") {
            try await store.complete([step("x"), step("y")], of: claim)
        }
        try expect(fenced, equals: .fenced(run().id), "the fence")
        try expect(try await store.claim(run().id).done.count, equals: 3, "nothing of them is recorded")
    }

    /// Nine runs of one worker write at the same time, each step after step; every third was taken over meanwhile.
    static func crowd(_ harness: Harness) async throws {
        let (one, two) = (try await harness.store("one"), try await harness.store("two"))
        let numbers = Array(1...9)
        let claims = try await withThrowingTaskGroup(of: (Int, RunClaim).self) { group in
            for number in numbers { group.addTask { (number, try await one.begin(run(number)).claim) } }
            return try await group.reduce(into: [Int: RunClaim]()) { $0[$1.0] = $1.1 }
        }
        try await harness.bury("one")
        for number in numbers where number % 3 == 0 { _ = try await two.claim(run(number).id) }
        let answers = await withTaskGroup(of: (Int, RunStoreError?).self) { group in
            for number in numbers {
                guard let claim = claims[number] else { continue }
                group.addTask {
                    do {
                        for path in ["a", "b", "c"] { try await one.complete(step(path), of: claim) }
                        try await one.finish(claim, status: .success, report: "{}", at: time)
                        return (number, nil)
                    } catch {
                        return (number, error as? RunStoreError ?? .runBusy("\(error)"))
                    }
                }
            }
            return await group.reduce(into: [Int: RunStoreError]()) { $0[$1.0] = $1.1 }
        }
        for number in numbers {
            let id = run(number).id
            let isTaken = number % 3 == 0
            try expect(answers[number], equals: isTaken ? .fenced(id) : nil, "the answer to run \(number)")
            guard !isTaken else {
                try await harness.bury("two")
                let done = try await harness.store("three").claim(id).done
                try expect(done.isEmpty, "nothing of run \(number) is recorded")
                continue
            }
            let ended = try await expectError(RunStoreError.self, "claiming run \(number), which has ended") {
                _ = try await two.claim(id)
            }
            try expect(ended, equals: .finished(id, .success), "how run \(number) ended")
        }
    }
}
