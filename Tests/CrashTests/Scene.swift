import Foundation
import Testing
import TradingTestKit

/// What goes on when a failpoint kills, and how it is taken up again.
enum Scene: String {
    /// A run in a terminal.
    case typed
    /// A run that died in the middle, while it is being resumed.
    case resumed
    /// A run that is handed to a worker: the terminal dies.
    case handedOver
    /// A worker dies with a run in hand.
    case queued
    /// A worker that is asked to end dies meanwhile.
    case drained
    /// A run asks a person.
    case asking
    /// A person answers.
    case answered
    /// A schedule's time comes.
    case scheduled

    func play(_ home: Home, _ plan: String) async throws {
        switch self {
        case .typed:
            try await die(home, try home.line(pace: "virtual"), plan)
            try await goOn(home)
        case .resumed:
            try await die(home, try home.line(pace: "virtual"), "orders.sent:4")
            try await die(home, "runs resume \(try await home.value("SELECT id FROM runs")) --clock virtual", plan)
            try await goOn(home)
        case .handedOver: try await handOver(home, plan)
        case .queued: try await queue(home, plan)
        case .drained: try await drain(home, plan)
        case .asking: try await ask(home, plan)
        case .answered: try await answer(home, plan)
        case .scheduled: try await schedule(home, plan)
        }
    }

    /// Runs a command that a failpoint ends: one that does not was not reached.
    private func die(_ home: Home, _ line: String, _ plan: String) async throws {
        let outcome = await (try home.start(line, failing: plan)).outcome()
        try #require(
            outcome.status == -SIGKILL && !outcome.isLate,
            "not reached: \(outcome.status) \(outcome.errors)\(outcome.output)"
        )
    }

    /// Waits until a failpoint has ended a worker; one that is killed at its deadline had not reached it.
    private func awaitDeath(of worker: RunningProgram) async {
        let outcome = await worker.outcome()
        #expect(
            outcome.status == -SIGKILL && !outcome.isLate,
            "not reached: \(outcome.status) \(outcome.errors)\(outcome.output)"
        )
    }

    /// Takes up the run again, or begins it when it was never recorded.
    private func goOn(_ home: Home) async throws {
        if try await home.value("SELECT count(*) FROM runs WHERE state = 'finished'") == "0" {
            let known = try await home.rows("SELECT id FROM runs", columns: ["id"])
            let line = known.first.map { "runs resume \($0[0]) --clock virtual --output json" }
            let outcome = try await home.run(line ?? home.line(pace: "virtual"))
            try home.checkRun(outcome, try await home.value("SELECT id FROM runs"))
        }
        try await home.checkBooks()
    }

    // MARK: Workers

    private func worker(_ home: Home, _ plan: String = "") throws -> RunningProgram {
        try home.start("worker --max-runs 2 --drain-timeout 20", failing: plan)
    }

    private func handOver(_ home: Home, _ plan: String) async throws {
        let worker = try worker(home)
        #expect(try await home.wait(until: "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL", while: worker))
        try await die(home, "\(try home.line(pace: "300x")) --detach", plan)
        if try await home.value("SELECT count(*) FROM runs") == "0" {
            #expect(try await home.run("\(try home.line(pace: "300x")) --detach").status == 0)
        }
        try await follow(home, worker)
    }

    private func queue(_ home: Home, _ plan: String) async throws {
        let first = try worker(home, plan)
        #expect(try await home.wait(until: "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL", while: first))
        // A lease is renewed every five seconds: the run has to last until then.
        let pace = plan.contains("lease") ? "15x" : "300x"
        #expect(try await home.run("\(try home.line(pace: pace)) --detach").status == 0)
        await awaitDeath(of: first)
        #expect(try await home.value("SELECT count(*) FROM runs WHERE state = 'running'") == "1", "no run in hand")
        try await follow(home, try worker(home))
    }

    private func drain(_ home: Home, _ plan: String) async throws {
        let first = try worker(home, plan)
        #expect(try await home.wait(until: "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL", while: first))
        #expect(try await home.run("\(try home.line(pace: "15x")) --detach").status == 0)
        #expect(try await home.wait(until: "SELECT count(*) >= 2 FROM intents", while: first))
        kill(first.process, SIGTERM)
        await awaitDeath(of: first)
        try await follow(home, try worker(home))
    }

    /// Waits for the end of the run at a worker, and ends that.
    private func follow(_ home: Home, _ worker: RunningProgram) async throws {
        let run = try await home.value("SELECT id FROM runs")
        // Who follows a run that nobody works, and sees no worker, does not wait for one.
        let serves = "SELECT count(*) > 0 FROM workers WHERE pid = \(worker.process) AND serves IS NOT NULL"
        #expect(try await home.wait(until: serves, while: worker))
        try home.checkRun(try await home.run("runs follow \(run) --output json"), run)
        kill(worker.process, SIGTERM)
        #expect(await worker.outcome().status == 0)
        try await home.checkBooks()
    }

    // MARK: People

    private static let signed = """
        format: 1
        workflow: signed
        steps:
          - { id: propose, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: 50, urgency: HIGH } }
          - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
          - id: sign_off
            uses: approval.wait
            timeout: 45m
            with: { show: "${{ steps.check.summary }}" }
          - id: trade
            foreach: steps.check.approved
            as: order
            key: order.id
            steps:
              - { id: send, uses: execute.twap, with: { order: "${{ order }}", duration_minutes: 5 } }
        """

    private func ask(_ home: Home, _ plan: String) async throws {
        let line = "run \(try home.write("signed.yaml", Self.signed)) --session 2026-03-03 --clock virtual"
        try await die(home, line, plan)
        let run = try await home.value("SELECT id FROM runs")
        if try await home.value("SELECT state FROM runs") != "waiting" {
            #expect(try await home.run("runs resume \(run) --clock virtual").status == 1)
        }
        #expect(try await home.value("SELECT count(*) FROM approval_requests WHERE state = 'pending'") == "1")
        try await approve(home, run)
    }

    private func answer(_ home: Home, _ plan: String) async throws {
        let line = "run \(try home.write("signed.yaml", Self.signed)) --session 2026-03-03 --clock virtual"
        #expect(try await home.run(line).status == 1)
        let run = try await home.value("SELECT id FROM runs")
        let digest = try await home.value("SELECT digest FROM approval_requests")
        try await die(home, "approve \(run) --digest \(digest) --by ada", plan)
        try await approve(home, run)
    }

    /// Says yes, unless that has been said, and lets the run end.
    private func approve(_ home: Home, _ run: String) async throws {
        if try await home.value("SELECT state FROM approval_requests") == "pending" {
            let digest = try await home.value("SELECT digest FROM approval_requests")
            #expect(try await home.run("approve \(run) --digest \(digest) --by ada").status == 0)
        }
        #expect(try await home.value("SELECT count(*) FROM approval_requests WHERE state = 'approved'") == "1")
        let outcome = try await home.run("runs resume \(run) --clock virtual")
        #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
        #expect(try await home.value("SELECT sum(filled) FROM parent_orders") == "50")
        try await home.checkBooks(orders: 1)
    }

    // MARK: Schedules

    private func schedule(_ home: Home, _ plan: String) async throws {
        let second = Int(Date().timeIntervalSince1970) % 86_400
        let file = try home.write(
            "soon.yaml",
            """
            format: 1
            workflow: soon
            schedule:
              - { id: s, market: 24/7, session: every, at: "open + \(second)s", late_by: 1h }
            steps:
              - { id: a, uses: portfolio.snapshot }
            """
        )
        #expect(try await home.run("workflow apply \(file)").status == 0)
        // What is due before a schedule is applied does not fire, however long that took: it was applied an hour ago.
        _ = try await home.rows(
            "UPDATE schedules SET seen_until_ns = seen_until_ns - 3600000000000 RETURNING id::text AS id",
            columns: ["id"]
        )
        try await die(home, "serve --clock virtual", plan)
        let server = try home.start("serve --clock virtual", failing: "")
        #expect(try await home.wait(until: "SELECT count(*) > 0 FROM runs WHERE state = 'finished'", while: server))
        kill(server.process, SIGTERM)
        #expect(await server.outcome().status == 0)
        #expect(try await home.value("SELECT count(*) FROM runs") == "1")
        #expect(try await home.value("SELECT count(*) FROM schedule_ticks WHERE outcome = 'started'") == "1")
    }
}

extension Home {
    /// Starts `smartexec` with words as a person types them, in a process that meets `plan`.
    func start(_ line: String, failing plan: String) throws -> RunningProgram {
        var environment = program.environment
        environment["SMARTEXEC_FAILPOINT"] = plan
        let meeting = BuiltProgram(path: program.path, folder: program.folder, environment: environment)
        return try meeting.start(line.split(separator: " ").map(String.init))
    }
}
