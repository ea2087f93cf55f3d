import ExecutionEngine
import Foundation
import Orchestration
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import PostgresStore

@Suite("The queue of runs")
struct RunQueueTests {
    private let account = AccountID(unchecked: "paper@generated-7-paced")

    private func record(_ number: Int, account: AccountID? = nil) -> RunRecord {
        RunRecord(
            id: RunID(unchecked: "run-\(number)"),
            workflow: "watchlist",
            definitionHash: "ab12",
            sources: ["watchlist": "format: 1\n"],
            inputs: "{}",
            account: account ?? AccountID(unchecked: "account-\(number)"),
            environment: .paper,
            launch: "{}",
            startedAt: JournalSamples.start,
            seed: 1
        )
    }

    private func queue(_ fixture: StoreFixture, _ worker: String, accounts: [String]? = nil) async throws
        -> PostgresRunQueue
    {
        PostgresRunQueue(pool: fixture.pool, worker: try await fixture.worker(worker), accounts: accounts)
    }

    private func state(_ fixture: StoreFixture, _ number: Int) async throws -> String {
        try await fixture.sql("SELECT state::text AS state FROM runs WHERE id = 'run-\(number)'").single().text("state")
    }

    @Test("The oldest ready run first, and only those whose account is free")
    func order() async throws {
        let fixture = try await StoreFixture("queue")
        let store = try await fixture.store("one")
        for number in 1...4 { try await store.create(record(number)) }
        try await store.create(record(5, account: account))
        let other = try await fixture.postgresJournal("two")
        _ = try await other.acquire(AccountID(unchecked: "account-1"), opening: JournalSamples.opening)
        let queue = try await queue(fixture, "one")
        let second = try #require(try await queue.claimNext(beside: [:]))
        #expect(second.claimed.record == record(2), "account-1 is another worker's")
        #expect(second.failures == 0 && second.claimed.claim.epoch == 1)
        let busy: [AccountID: String?] = [AccountID(unchecked: "account-3"): nil]
        #expect(try await queue.claimNext(beside: busy)?.claimed.record.id.text == "run-4")
        let choosy = try await self.queue(fixture, "one", accounts: ["paper"])
        #expect(try await choosy.claimNext(beside: [:])?.claimed.record.id.text == "run-5")
        #expect(try await choosy.claimNext(beside: [:]) == nil)
        try await fixture.close()
    }

    @Test("One account has one run at a time, whoever asks")
    func oneAtATime() async throws {
        let fixture = try await StoreFixture("queue")
        let store = try await fixture.store("one")
        for number in 1...2 { try await store.create(record(number, account: account)) }
        let (one, two) = (try await queue(fixture, "one"), try await queue(fixture, "two"))
        let first = try #require(try await one.claimNext(beside: [:]))
        #expect(try await two.claimNext(beside: [:]) == nil, "its account is being worked")
        #expect(try await one.claimNext(beside: [account: nil]) == nil)
        #expect(try await one.claimNext(beside: [account: #"{"clock":"60x"}"#]) == nil, "another launch")
        try await store.finish(first.claimed.claim, status: .success, report: "{}", at: JournalSamples.start)
        #expect(try await two.claimNext(beside: [:])?.claimed.record.id.text == "run-2")
        try await fixture.close()
    }

    @Test("A run joins the floor of its account when its launch is the same, character by character")
    func joining() async throws {
        let fixture = try await StoreFixture("queue")
        let store = try await fixture.store("one")
        for number in 1...2 { try await store.create(record(number, account: account)) }
        let (one, two) = (try await queue(fixture, "one"), try await queue(fixture, "two"))
        _ = try #require(try await one.claimNext(beside: [:]))
        #expect(try await two.claimNext(beside: [account: "{}"]) == nil, "the account is not this worker's")
        #expect(try await one.claimNext(beside: [account: "{}"])?.claimed.record.id.text == "run-2")
        try await fixture.close()
    }

    @Test("Of many workers at once, one gets each run")
    func race() async throws {
        let fixture = try await StoreFixture("queue")
        let store = try await fixture.store("one")
        for number in 1...40 { try await store.create(record(number)) }
        let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
            for name in ["one", "two", "three", "four"] {
                let queue = try await queue(fixture, name)
                group.addTask {
                    var mine: [String] = []
                    // A look may find nothing while others hold what is left.
                    for _ in 0..<200 where mine.count < 40 {
                        if let run = try await queue.claimNext(beside: [:]) { mine.append(run.claimed.record.id.text) }
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == 40 && Set(claimed).count == 40)
        try await fixture.close()
    }

    @Test(
        "What a dead worker held is free at once on its machine, elsewhere when its lease is over; it can write nothing"
    )
    func sweep() async throws {
        let fixture = try await StoreFixture("queue")
        let (one, two) = (try await queue(fixture, "one"), try await queue(fixture, "two"))
        let store = try await fixture.store("one")
        try await store.create(record(1, account: account))
        let old = try #require(try await one.claimNext(beside: [:])).claimed.claim
        let journal = try await fixture.postgresJournal("one")
        let lease = try await journal.acquire(account, opening: JournalSamples.opening)
        #expect(try await two.sweep().isEmpty, "it lives")
        // The same process as the test's: a number that nobody has stands for one that was killed.
        try await fixture.sql(
            "UPDATE workers SET pid = 4194305, process_start = '1' WHERE id = '\(try await fixture.worker("one").id)'"
        )
        #expect(try await two.sweep().map(\.text) == ["run-1"])
        #expect(try await two.sweep().isEmpty)
        let new = try #require(try await two.claimNext(beside: [:])).claimed.claim
        #expect(new.epoch > old.epoch)
        let step = StepRecord(
            path: "a",
            uses: "agent.decide",
            effect: "read",
            outcome: "{}",
            startedAt: JournalSamples.start,
            doneAt: JournalSamples.start
        )
        await #expect(throws: RunStoreError.fenced(old.run)) { try await store.complete(step, of: old) }
        let submission = try JournalSamples.submission(account: account)
        await #expect(throws: JournalError.fenced(account)) {
            _ = try await journal.commit(JournalSamples.asking(for: submission), lease)
        }
        let venue = PostgresVenueStore(pool: fixture.pool, worker: try await fixture.worker("one"))
        let order = StoredVenueOrder(
            id: ClientOrderID(unchecked: "sx-1"),
            account: account,
            symbol: try JournalSamples.symbol(),
            state: "open",
            executed: .zero,
            arrivedAt: JournalSamples.start,
            document: "{}"
        )
        await #expect(throws: JournalError.fenced(account)) { try await venue.save([order]) }
        // Its account passes on under a higher epoch as well.
        let next = try await fixture.postgresJournal("two").acquire(account, opening: JournalSamples.opening)
        #expect(next.epoch > lease.epoch)
        try await fixture.close()
    }

    @Test("A lease that ran out frees its runs; a worker that was stopped in order keeps what waits for `runs resume`")
    func expiry() async throws {
        let fixture = try await StoreFixture("queue")
        let store = try await fixture.store("one")
        for number in 1...2 { try await store.create(record(number)) }
        let (one, two) = (try await queue(fixture, "one"), try await queue(fixture, "two"))
        _ = try await one.claimNext(beside: [:])
        _ = try await two.claimNext(beside: [:])
        try await fixture.bury("one")
        await (try fixture.worker("two")).stop()
        #expect(try await one.sweep().isEmpty, "whoever stood still itself gives up nothing that nobody took")
        let three = try await queue(fixture, "three")
        #expect(try await three.sweep().map(\.text) == ["run-1"])
        #expect(try await state(fixture, 2) == "running")
        try await fixture.close()
    }

    @Test("A run that was put back waits; one that is given up ends FAILED with its reason and an alert")
    func putBack() async throws {
        let fixture = try await StoreFixture("queue")
        let store = try await fixture.store("one")
        try await store.create(record(1))
        let queue = try await queue(fixture, "one")
        for failures in 0..<3 {
            let waiting = try #require(try await queue.claimNext(beside: [:]))
            #expect(waiting.failures == failures)
            try await queue.putBack(waiting.claimed.claim, after: .zero, isFailure: true)
        }
        #expect(try await queue.claimNext(beside: [:], failuresBelow: 3) == nil, "it failed three times")
        let waiting = try #require(try await queue.claimNext(beside: [:], failuresBelow: 4))
        try await queue.putBack(waiting.claimed.claim, after: .seconds(60), isFailure: true)
        #expect(try await queue.claimNext(beside: [:]) == nil)
        let state = try #require(try await PostgresQueries(pool: fixture.pool).queue())
        #expect(state.ready == 1 && state.postponed == 1 && state.oldestSeconds == nil)
        try await fixture.sql("UPDATE runs SET claim_after = NULL")
        let last = try #require(try await queue.claimNext(beside: [:]))
        try await queue.fail(last.claimed, code: "broken", reason: "the file is gone")
        await #expect(throws: RunStoreError.fenced(record(1).id)) {
            try await queue.fail(last.claimed, code: "broken", reason: "again")
        }
        let detail = try #require(try await PostgresQueries(pool: fixture.pool).run(record(1).id))
        #expect(detail.run.status == .failed)
        let report = try JSONDecoder().decode(RunReport.self, from: Data((detail.report ?? "").utf8))
        #expect(report.message == "the file is gone" && report.status == .failed)
        let alerts = try await PostgresQueries(pool: fixture.pool).alerts()
        #expect(alerts.map(\.code) == ["run_given_up"])
        #expect(alerts[0].message.contains("the file is gone") && alerts[0].level == .critical)
        try await fixture.close()
    }

    @Test("Commands find the workers that serve an account, until they drain or die")
    func serving() async throws {
        let fixture = try await StoreFixture("queue")
        let controls = PostgresRunControls(pool: fixture.pool)
        _ = try await fixture.worker("a command, which serves nobody")
        #expect(try await controls.workers(serving: account).isEmpty)
        let all = try await PostgresWorker.start(url: fixture.database.url, program: "all", serves: ["*"])
        let paper = try await PostgresWorker.start(url: fixture.database.url, program: "paper", serves: ["paper"])
        let live = try await PostgresWorker.start(url: fixture.database.url, program: "live", serves: ["live"])
        #expect(try await controls.workers(serving: account).map(\.id) == [all.id, paper.id])
        let journal = PostgresJournal(pool: fixture.pool, worker: paper)
        _ = try await journal.acquire(account, opening: JournalSamples.opening)
        let serving = try await controls.workers(serving: account)
        #expect(serving.map(\.holdsAccount) == [true, false])
        #expect(serving[0].id == paper.id && serving[0].name.hasPrefix("`paper` on "))
        try await PostgresRunQueue(pool: fixture.pool, worker: paper).close()
        #expect(try await controls.workers(serving: account).map(\.id) == [all.id])
        for worker in [all, paper, live] { await worker.stop() }
        #expect(try await controls.workers(serving: account).isEmpty)
        try await fixture.close()
    }

    @Test("Whoever leaves gives back what it held, and is refused from then on")
    func leave() async throws {
        let fixture = try await StoreFixture("queue")
        let store = try await fixture.store("one")
        try await store.create(record(1))
        let (one, two) = (try await queue(fixture, "one"), try await queue(fixture, "two"))
        let claim = try #require(try await one.claimNext(beside: [:])).claimed.claim
        try await one.leave()
        #expect(try await two.claimNext(beside: [:])?.claimed.record.id == claim.run)
        await #expect(throws: RunStoreError.fenced(claim.run)) {
            try await store.finish(claim, status: .success, report: "{}", at: JournalSamples.start)
        }
        try await fixture.close()
    }
}
