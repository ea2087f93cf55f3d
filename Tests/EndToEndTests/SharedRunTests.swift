import Foundation
import Testing
import TradingTestKit

@Suite("One run's questions, asked by several workers", .serialized)
struct SharedRunTests {
    private static let names = (0..<40).map { "GEN\($0 + 100)" }
    private static let buys = ["GEN100", "GEN139"]
    /// Items in flight: more than one worker asks about at a time, and fewer than three do.
    private static let inFlight = 5
    private static let placesOfEach = 2

    /// Three workers and a run of forty tickers at one of them, whose agent takes a second.
    private struct Scene {
        let home: Home
        let workers: [RunningProgram]
        let run: String

        /// The worker that works the run, once it has decided about some of its tickers and others ask about more.
        func holder() async throws -> RunningProgram {
            try await worker(
                """
                SELECT pid FROM runs JOIN workers ON workers.id = runs.worker
                WHERE runs.id = '\(run)' AND (SELECT count(*) FROM decisions) > 5
                AND EXISTS (SELECT FROM agent_errands WHERE worker IS NOT NULL)
                """
            )
        }

        /// A worker that has questions of the run to ask.
        func helper() async throws -> RunningProgram {
            try await worker("SELECT pid FROM agent_errands JOIN workers ON workers.id = agent_errands.worker LIMIT 1")
        }

        /// Asks until there is one: what is true of a worker now may not be a moment later.
        private func worker(_ sql: String) async throws -> RunningProgram {
            let end = ContinuousClock.now + BuiltProgram.patience
            while ContinuousClock.now < end, !workers.allSatisfy(\.hasEnded) {
                if let pid = try await home.rows(sql, columns: ["pid"]).first?.first {
                    return try #require(workers.first { "\($0.process)" == pid }, "no worker is process \(pid)")
                }
                try #require(try await home.value("SELECT count(*) FROM runs WHERE state = 'finished'") == "0")
                try await Task.sleep(for: .milliseconds(20))
            }
            throw Home.Impatience(condition: sql)
        }

        /// When how many agents were asked at once, by their own record.
        func mostAsked() throws -> Int {
            let log = try String(contentsOfFile: "\(home.folder)/asked.log", encoding: .utf8)
            var (depth, most) = (0, 0)
            for line in log.split(separator: "\n") {
                depth += line == "begin" ? 1 : -1
                most = max(most, depth)
            }
            return most
        }
    }

    private func open(_ home: Home) async throws -> Scene {
        let folder = try await home.writeMarket(Self.names)
        let buys = Self.buys.map { #"*'"symbols":["\#($0)"]'*"# }.joined(separator: "|")
        let script = try home.write(
            "agent.sh",
            """
            read -r line
            echo begin >> \(home.folder)/asked.log
            sleep 1
            echo end >> \(home.folder)/asked.log
            case "$line" in
            \(buys)) echo '{"action":"BUY","position_size":0.2,"urgency":"CRITICAL"}';;
            *) echo '{"action":"HOLD"}';;
            esac
            """
        )
        _ = try home.write(
            "config.yaml",
            """
            accounts:
              paper: { broker: simulated, cash: 1000000, slippage: { limit_bps: 200 } }
            agents:
              slow: { kind: process, command: [sh, \(script)], deadline: 120s }
            workflows: { max_concurrent_agents: \(Self.placesOfEach) }
            """
        )
        let list = try home.write("inputs.yaml", "tickers: [\(Self.names.joined(separator: ", "))]\n")
        _ = try await home.run("db migrate --config \(home.folder)")
        let workers = try (0..<3).map { _ in try home.program.start(["worker", "--config", home.folder]) }
        let areThere = "SELECT count(*) = 3 FROM workers WHERE serves IS NOT NULL"
        #expect(try await home.wait(until: areThere, while: workers[0]))
        let started = try await home.run(
            "run watchlist --file \(list) max_concurrent=\(Self.inFlight) agent=slow --data \(folder) --clock 10x "
                + "--session 2019-02-15 --config \(home.folder) --output json --detach"
        )
        #expect(started.status == 0, "\(started.errors)\(started.output)")
        let run = try JSONDecoder().decode([String: String].self, from: Data(started.output.utf8))["run"] ?? ""
        return Scene(home: home, workers: workers, run: run)
    }

    /// Waits for the end, and checks that everything was done once.
    private func finish(_ scene: Scene) async throws {
        let home = scene.home
        let followed = try await home.run("runs follow \(scene.run) --output json --config \(home.folder)")
        #expect(followed.status == 0, "\(followed.errors)\(followed.output)")
        let document = try RunDocument(followed.output)
        #expect(document.items.map(\.ticker) == Self.names)
        for item in document.items {
            #expect(item.status == (Self.buys.contains(item.ticker) ? "SUCCESS" : "HOLD"), "\(item)")
        }
        #expect(try await home.value("SELECT count(*) FROM decisions") == "40")
        #expect(try await home.value("SELECT count(DISTINCT step_path) FROM decisions") == "40")
        #expect(try await home.value("SELECT count(*) - count(DISTINCT (run, path)) FROM step_runs") == "0")
        #expect(
            try await home.value("SELECT count(*) FROM parent_orders WHERE filled = quantity") == "\(Self.buys.count)"
        )
        #expect(try await home.value("SELECT count(*) FROM parent_orders") == "\(Self.buys.count)")
        #expect(try await home.value("SELECT count(*) > 0 FROM decisions WHERE asked_by IS NOT NULL") == "true")
        #expect(try await home.value("SELECT count(*) > 0 FROM decisions WHERE asked_by IS NULL") == "true")
        for worker in scene.workers where !worker.hasEnded { kill(worker.process, SIGTERM) }
        for worker in scene.workers { _ = await worker.outcome() }
        #expect(try await home.run("verify --config \(home.folder)").status == 0)
    }

    @Test("Three workers ask, never more than max_concurrent at once, and the run tells who asked what")
    func together() async throws {
        try await Home.onSharedServer { home in
            let scene = try await open(home)
            try await finish(scene)
            #expect(try scene.mostAsked() <= Self.inFlight)
            let most = try await home.value(
                """
                WITH items AS (
                    SELECT min(started_at_ns) AS a, max(done_at_ns) AS b FROM step_runs
                    WHERE path LIKE 'each[%' GROUP BY split_part(path, ']', 1)
                ), changes AS (SELECT a AS at, 1 AS change FROM items UNION ALL SELECT b, -1 FROM items)
                SELECT max(depth) FROM (SELECT sum(change) OVER (ORDER BY at, change) AS depth FROM changes) AS depths
                """
            )
            #expect(Int(most) ?? 99 <= Self.inFlight)
            #expect(try await home.value("SELECT count(*) FROM agent_errands") == "0")
            for command in ["logs", "show"] {
                let told = try await home.run("runs \(command) \(scene.run) --output json")
                #expect(told.output.contains("smartexec worker on "), "\(told.output)")
            }
            for worker in scene.workers {
                let outcome = await worker.outcome()
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
        }
    }

    @Test("kill -9 of a worker that helps: its questions are asked by others, and none is answered twice")
    func helperDies() async throws {
        try await Home.onSharedServer { home in
            let scene = try await open(home)
            let helper = try await scene.helper()
            helper.kill()
            _ = await helper.outcome()
            try await finish(scene)
        }
    }

    @Test("kill -9 of the worker that holds the run: another goes on, and nothing is done twice")
    func holderDies() async throws {
        try await Home.onSharedServer { home in
            let scene = try await open(home)
            let holder = try await scene.holder()
            holder.kill()
            _ = await holder.outcome()
            try await finish(scene)
            #expect(try await home.value("SELECT epoch > 2 FROM runs") == "true")
            let others = "SELECT count(*) FROM agent_errands AS e JOIN runs ON runs.id = e.run AND runs.epoch = e.epoch"
            #expect(try await home.value(others) == "0")
        }
    }
}
