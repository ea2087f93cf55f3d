import Foundation
import Glibc
import Testing
import TradingTestKit

@Suite("Schedules from the command line")
struct ScheduleTests {
    /// A workflow whose schedules fire `seconds` from now, on a market that never closes.
    private static func workflow(
        _ name: String = "soon",
        in seconds: [Int],
        steps: String = "  - { id: a, uses: portfolio.snapshot }",
        overlap: String = "queue"
    ) -> String {
        var text = "format: 1\nworkflow: \(name)\nschedule:\n"
        let second = Int(Date().timeIntervalSince1970) % 86_400
        for (index, wait) in seconds.enumerated() {
            let due = second + wait
            let at = due < 86_400 ? "open + \(due)s" : "close + \(due - 86_400)s"
            text +=
                "  - { id: s\(index), market: 24/7, session: every, at: \"\(at)\", late_by: 10m, overlap: \(overlap) }\n"
        }
        return text + "steps:\n\(steps)\n"
    }

    private static func documents(_ outcome: ProgramOutcome) throws -> [[String: Any]] {
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]] ?? []
    }

    @Test("apply shows what changed, refuses what does not validate, and list, pause, resume and remove follow")
    func applying() async throws {
        try await Home.onSharedServer { home in
            let hourly = """
                format: 1
                workflow: hourly
                schedule:
                  - { id: top, cron: 0 * * * *, timezone: Europe/London, late_by: 5m }
                steps:
                  - { id: a, uses: portfolio.snapshot }
                """
            let file = try home.write("hourly.yaml", hourly)
            let applied = try await home.run("workflow apply \(file)")
            #expect(applied.status == 0 && applied.output.contains("hourly: applied"), "\(applied.errors)")
            #expect(applied.output.contains("top: added, cron 0 * * * *, Europe/London; late_by 5m"))
            #expect(applied.output.contains("Next: hourly/top"))
            #expect(try await home.run("workflow apply \(file)").output.contains("hourly: unchanged"))

            _ = try home.write("hourly.yaml", hourly.replacing("cron: 0", with: "cron: 30"))
            let changed = try await home.run("workflow apply \(file)").output
            #expect(changed.contains("hourly: changed") && changed.contains("+   - { id: top, cron: 30 * * * *"))
            #expect(changed.contains("top: changed") && changed.contains("(was cron 0 * * * *"))

            // Nothing of a call with a broken file is applied.
            let broken = try home.write(
                "broken.yaml",
                hourly.replacing("portfolio.snapshot", with: "portfolio.snapshott")
            )
            let other = try home.write("other.yaml", hourly.replacing("workflow: hourly", with: "workflow: other"))
            let refused = try await home.run("workflow apply \(other) \(broken)")
            #expect(refused.status == 1 && refused.errors.contains("did you mean `portfolio.snapshot`?"))
            #expect(try await home.value("SELECT count(*) FROM applied_workflows") == "1")

            #expect(try await home.run("schedules pause top").output.contains("is paused"))
            let paused = try Self.documents(try await home.run("schedules --output json"))
            #expect((paused[0]["state"] as? String)?.hasPrefix("paused by") == true && paused[0]["next"] == nil)
            let resumed = try await home.run("schedules resume hourly/top").output
            #expect(resumed.contains("fires again, next at"), "\(resumed)")
            #expect(try await home.run("schedules show nothing").status == 2)
            let shown = try await home.run("schedules show top")
            #expect(shown.output.contains("hourly/top: active") && shown.output.contains("None of its times"))
            #expect(try await home.run("status").output.contains("Next: hourly/top"))

            let removed = try await home.run("workflow apply --remove \(file)")
            #expect(removed.status == 0 && removed.output.contains("top: removed"))
            #expect(try await home.run("schedules").output.contains("No schedule is applied"))
            #expect(try await home.run("workflow apply --remove hourly").status == 1)
        }
    }

    @Test("Three programs serve one database, one is killed: each time starts one run, and all of them are worked")
    func serving() async throws {
        try await Home.onSharedServer { home in
            // First the database, which takes its time.
            #expect(try await home.run("schedules").status == 0)
            let file = try home.write("soon.yaml", Self.workflow(in: (0..<8).map { 12 + $0 / 2 }))
            #expect(try await home.run("workflow apply \(file)").status == 0)
            // What is due before a schedule is applied does not fire, however long that took: it was applied an hour ago.
            _ = try await home.rows(
                "UPDATE schedules SET seen_until_ns = seen_until_ns - 3600000000000 RETURNING id::text AS id",
                columns: ["id"]
            )
            let servers = try (0..<3).map { _ in
                try home.program.start(["serve", "--clock", "virtual", "--output", "json"])
            }
            #expect(try await home.wait(until: "SELECT count(*) >= 3 FROM schedule_ticks", while: servers[0]))
            servers[2].kill()
            let finished =
                "SELECT count(*) = 8 FROM schedule_ticks AS tick JOIN runs ON runs.id = tick.run WHERE state = 'finished'"
            #expect(try await home.wait(until: finished, while: servers[0]))
            for server in servers.prefix(2) { kill(server.process, SIGTERM) }
            var started: [String] = []
            for (index, server) in servers.enumerated() {
                let outcome = await server.outcome()
                #expect(outcome.status == (index == 2 ? -SIGKILL : 0), "\(outcome.errors)")
                for line in outcome.output.split(separator: "\n") {
                    let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                    guard event["event"] as? String == "started" else { continue }
                    let tick = try #require(event["tick"] as? [String: Any])
                    started.append(try #require(tick["run"] as? String))
                }
            }
            // The one that was killed may not have come to say what it had recorded.
            #expect(started.count >= 6 && Set(started).count == started.count)
            #expect(try await home.value("SELECT count(*) FROM runs") == "8")
            #expect(try await home.value("SELECT count(*) FROM runs WHERE status = 'SUCCESS'") == "8")
            #expect(try await home.value("SELECT count(*) FROM step_done") == "8")
        }
    }

    @Test("What was due while nobody served is one missed time, and by hand it is made up for")
    func backfill() async throws {
        try await Home.onSharedServer { home in
            // The minutes of the hour before: one that is due just now would start a run.
            let hour = Int(Date().timeIntervalSince1970) / 3600 + 23
            let text = """
                format: 1
                workflow: minutely
                schedule:
                  - { id: m, cron: "* \(hour % 24) * * *", timezone: UTC, late_by: 1s }
                steps:
                  - { id: a, uses: portfolio.snapshot }
                """
            #expect(try await home.run("workflow apply \(try home.write("m.yaml", text))").status == 0)
            _ = try await home.rows(
                "UPDATE schedules SET seen_until_ns = seen_until_ns - 10800000000000 RETURNING id::text AS id",
                columns: ["id"]
            )
            let server = try home.program.start(["serve", "--clock", "virtual"])
            #expect(try await home.wait(until: "SELECT count(*) > 0 FROM schedule_ticks", while: server))
            kill(server.process, SIGTERM)
            _ = await server.outcome()
            let missed = try await home.rows(
                "SELECT times::text, to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS due "
                    + "FROM schedule_ticks WHERE outcome = 'missed' AND times = 60",
                columns: ["times", "due"]
            )
            #expect(missed.count == 1, "\(missed)")
            let due = missed[0][1]
            let planned = try await home.run("schedules backfill m --from \(due) --to \(due)")
            #expect(planned.status == 0 && planned.output.contains("starts a run"), "\(planned.errors)")
            #expect(
                try await home.value("SELECT count(*) FROM schedule_ticks WHERE due_at = '\(due)' AND run IS NOT NULL")
                    == "0"
            )
            let done = try await home.run("schedules backfill m --from \(due) --to \(due) --yes --clock virtual")
            #expect(done.status == 0 && done.output.contains("started run"), "\(done.errors)")
            #expect(
                try await home.run("schedules backfill m --from \(due) --to \(due)").output.contains("it has a run")
            )
            let future = try await home.run("schedules backfill m --from \(due) --to 2250-01-01T00:00:00Z")
            #expect(future.status == 2 && future.errors.contains("in the future"))

            // A second run of it waits for the first: only `overlap: queue` starts it.
            let now = try await home.run("schedules run-now m --clock virtual")
            #expect(now.status == 1 && now.errors.contains("still goes on"), "\(now.output)")
            let run = try await home.value("SELECT run FROM schedule_ticks WHERE due_at = '\(due)'")
            #expect(try await home.run("runs resume \(run)").status == 0)
            let second = try await home.run("schedules run-now m --clock virtual --output json")
            #expect(second.status == 0, "\(second.errors)")
            #expect(try Self.documents(second)[0]["outcome"] as? String == "started")
        }
    }

    @Test("overlap: cancel_running ends the run before it together with its order, and works the next one")
    func cancelRunning() async throws {
        try await Home.onSharedServer { home in
            let text = """
                format: 1
                workflow: minutely
                schedule:
                  - { id: m, cron: "* * * * *", timezone: UTC, late_by: 30m, overlap: cancel_running }
                steps:
                  - { id: propose, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: 100 } }
                  - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
                  - id: send
                    uses: execute.twap
                    with: { order: "${{ steps.check.approved[0] }}", duration_minutes: 120 }
                """
            #expect(try await home.run("workflow apply \(try home.write("m.yaml", text))").status == 0)
            // The minute that has begun is due at once, the next one when it begins.
            _ = try await home.rows(
                "UPDATE schedules SET seen_until_ns = seen_until_ns - 60000000000 RETURNING id::text AS id",
                columns: ["id"]
            )
            let server = try home.program.start(["serve", "--clock", "real"])
            // On a starved machine a run may have to go before it has an order; then it is the next one's that ends.
            let replaced = "SELECT count(*) > 0 FROM parent_orders WHERE ended_at_ns IS NOT NULL"
            #expect(try await home.wait(until: replaced, while: server))
            let works = """
                SELECT count(*) > 0 FROM parent_orders WHERE ended_at_ns IS NULL
                AND run = (SELECT id FROM runs ORDER BY number DESC LIMIT 1)
                """
            #expect(try await home.wait(until: works, while: server))
            kill(server.process, SIGTERM)
            let outcome = await server.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")

            let runs = try await home.rows(
                """
                SELECT run.state::text AS state, coalesce(wish.requested_by, '') AS by, coalesce(wish.reason, '') AS why,
                    (SELECT count(*)::text FROM parent_orders AS parent
                     WHERE parent.run = run.id AND parent.ended_at_ns IS NULL) AS open
                FROM runs AS run LEFT JOIN run_cancellations AS wish ON wish.run = run.id ORDER BY run.number
                """,
                columns: ["state", "by", "why", "open"]
            )
            #expect(runs.count >= 2)
            for run in runs.dropLast() {
                #expect(run[1] == "schedule minutely/m" && run[2] == "its next run begins", "\(runs)")
            }
            #expect(runs.last?[1] == "", "the newest goes on: \(runs)")
            #expect(runs.last?[0] == "ready", "and is handed over: \(runs)")
            #expect(runs.filter { $0[0] == "finished" }.count >= 1, "\(runs)")
            #expect(runs.filter { $0[0] == "finished" }.allSatisfy { $0[3] == "0" }, "\(runs)")
            // A minute that begins before the server's first look is due together with the one before, which it replaces.
            let others = "SELECT coalesce(string_agg(outcome, ' '), '') FROM schedule_ticks WHERE outcome <> 'started'"
            #expect(["", "missed"].contains(try await home.value(others)))
            #expect(try await home.run("verify").status == 0)
        }
    }
}
