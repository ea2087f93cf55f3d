import Foundation
import Testing
import TradingTestKit

@Suite("A run that kills whoever works it")
struct DeadlyRunTests {
    /// Workers that may die before the test gives up: each try of the run kills one.
    private static let workersMost = 20

    @Test("It is given up with its reason and an alert after eight workers, and the run beside it ends as if alone")
    func deadly() async throws {
        try await Home.onSharedServer { home in
            let script = try home.write("agent.sh", "kill -KILL $PPID\n")
            let config = """
                accounts:
                  other: { broker: simulated, cash: 100000 }
                agents:
                  deadly: { kind: process, command: [sh, \(script)], deadline: 20s }
                """
            _ = try home.write("config.yaml", config)
            _ = try await home.run("db migrate")
            func start() throws -> RunningProgram {
                try home.program.start(["worker", "--config", home.folder, "--drain-timeout", "60"])
            }
            var worker = try start()
            let isThere = "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL"
            #expect(try await home.wait(until: isThere, while: worker))
            // Twenty minutes of trading in twenty seconds, and more for each of its workers that dies.
            let beside = try await home.run(
                "run manual-order ticker=KO side=BUY quantity=100 algorithm=TWAP duration_minutes=20 --account other "
                    + "--clock 60x --detach --config \(home.folder)"
            )
            #expect(beside.status == 0, "\(beside.errors)")
            #expect(try await home.wait(until: "SELECT count(*) > 0 FROM intents", while: worker))
            let handed = try await home.run(
                "run process-ticker ticker=BAC agent=deadly --clock virtual --detach --config \(home.folder)"
            )
            #expect(handed.status == 0, "\(handed.errors)")

            let allEnded = "SELECT count(*) = 0 FROM runs WHERE state <> 'finished'"
            var deaths = 0
            while try await !home.wait(until: allEnded, while: worker), deaths < Self.workersMost {
                deaths += 1
                worker = try start()
            }
            kill(worker.process, SIGTERM)
            let outcome = await worker.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")

            let runs = try await home.rows(
                "SELECT workflow, status::text, (SELECT body.report ->> 'message' FROM run_bodies AS body "
                    + "WHERE body.run = runs.id) AS message FROM runs ORDER BY number",
                columns: ["workflow", "status", "message"]
            )
            #expect(runs.map { $0[0] } == ["manual-order", "process-ticker"])
            #expect(runs.map { $0[1] } == ["SUCCESS", "FAILED"], "\(runs)")
            #expect(runs[1][2].contains("its workers died within a minute of claiming it"), "\(runs)")
            #expect(deaths >= 8, "\(deaths) workers died of it")
            let alerts = "SELECT count(*) FROM alerts WHERE code = 'run_given_up'"
            #expect(try await home.value(alerts) == "1")
            #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
            #expect(try await home.value("SELECT sum(quantity) = 100 FROM fills") == "true")
            #expect(try await home.run("verify --config \(home.folder)").status == 0)
        }
    }
}
