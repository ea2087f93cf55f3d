import Foundation
import Testing
import TradingTestKit

@Suite("Executions across runs, as a person and a program see them", .serialized)
struct ComparisonTests {
    private struct Row: Decodable {
        let value: String
        let executions: Int
        let notional: String
        let mean_slippage_bps: Double?
        let met: Int
        let as_expected: Int
        let missed: Int
    }

    private struct Calibration: Decodable {
        struct Figures: Decodable {
            let count: Int
            let bias_bps: Double?
        }
        struct Group: Decodable {
            let name: String
            let figures: Figures
        }
        let all: Figures
        let algorithms: [Group]
    }

    private func rows(_ home: Home, _ arguments: String) async throws -> [Row] {
        let outcome = try await home.run("report \(arguments) --output json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode([Row].self, from: Data(outcome.output.utf8))
    }

    @Test("Two days by every dimension; predictions beside costs; a fit from too few is refused")
    func comparison() async throws {
        try await Home.onSharedServer { home in
            for (day, urgency) in [("2026-01-02", "HIGH"), ("2026-01-05", "LOW")] {
                let run = try await home.run(
                    "run workflows/watchlist.yaml tickers=AAPL,NVDA,AMZN,KO urgency=\(urgency) --session \(day)"
                )
                #expect(run.status == 0, "\(run.errors)")
            }
            let orders = try #require(Int(try await home.value("SELECT count(*) FROM executions")))
            try #require(orders > 2)
            for dimension in ["agent", "strategy", "algorithm", "venue", "urgency", "market_state", "symbol", "day"] {
                let groups = try await rows(home, "--compare \(dimension)")
                #expect(groups.reduce(0) { $0 + $1.executions } == orders, "\(dimension)")
                #expect(groups.allSatisfy { $0.met + $0.as_expected + $0.missed <= $0.executions })
            }
            #expect(try await rows(home, "--compare day").map(\.value) == ["2026-01-02", "2026-01-05"])
            #expect(try await rows(home, "--compare day --since 2026-01-03").map(\.value) == ["2026-01-05"])
            #expect(try await rows(home, "--compare day --until 2026-01-02").map(\.value) == ["2026-01-02"])
            #expect(try await rows(home, "--compare algorithm --account nobody").isEmpty)
            #expect(try await rows(home, "--compare urgency").map(\.value) == ["HIGH", "LOW"])
            #expect(try await rows(home, "--compare agent").map(\.value) == ["momentum"])
            let table = try await home.run("report --compare algorithm")
            #expect(table.output.contains("TWAP_AGGRESSIVE") && table.output.contains("VWAP"), "\(table.output)")
            let page = "\(home.folder)/compare.html"
            let html = try await home.run("report --compare market-state --output html --file \(page)")
            #expect(html.status == 0, "\(html.errors)")
            #expect(try String(contentsOfFile: page, encoding: .utf8).contains("By market state"))
            try await calibration(home, orders)
            try await refusals(home)
        }
    }

    private func calibration(_ home: Home, _ orders: Int) async throws {
        let outcome = try await home.run("report --calibration --output json")
        let report = try JSONDecoder().decode(Calibration.self, from: Data(outcome.output.utf8))
        #expect(report.all.count == orders, "every order was predicted when it was routed")
        #expect(report.algorithms.reduce(0) { $0 + $1.figures.count } == orders)
        #expect(report.algorithms.allSatisfy { $0.figures.count >= 10 || $0.figures.bias_bps == nil })
        let table = try await home.run("report --calibration")
        #expect(table.output.contains("too few") && table.output.contains("size "), "\(table.output)")
        let order = try await home.value("SELECT parent FROM executions LIMIT 1")
        let explained = try await home.run("explain \(order)")
        #expect(explained.output.contains("than predicted"), "\(explained.output)")

        let early = try await home.run("calibrate")
        #expect(early.status == 1 && early.errors.contains("needs 30"), "\(early.errors)")
        // Enough executions, as if more days had passed: their prediction and cost are those of the first ones.
        for statement in Self.moreExecutions { _ = try await home.rows(statement, columns: []) }
        let dry = try await home.run("calibrate")
        #expect(dry.status == 0 && dry.output.contains("Nothing was changed"), "\(dry.output) \(dry.errors)")
        #expect(try await home.value("SELECT count(*) FROM impact_coefficients") == "0")
        let applied = try await home.run("calibrate --apply")
        #expect(applied.output.contains("It is in force"), "\(applied.output)")
        let fitted = try #require(Double(try await home.value("SELECT coefficient FROM impact_coefficients")))
        // What is routed from now on is predicted with it.
        let next = try await home.run("order buy KO 10 --algo market --session 2026-01-06")
        #expect(next.status == 0, "\(next.errors)")
        let used = try await home.value(
            """
            SELECT body.admission#>>'{verdict,predicted,coefficient}' FROM parent_bodies AS body
            JOIN parent_orders AS parent ON parent.id = body.parent ORDER BY parent.number DESC LIMIT 1
            """
        )
        #expect(Double(used) == fitted)
    }

    private static let moreExecutions = [
        """
        UPDATE parent_bodies SET admission = jsonb_set(admission::jsonb, '{verdict,predicted}', jsonb_build_object(
            'spreadBps', 0, 'impactBps', 2.0, 'coefficient', 1, 'sizeToDailyVolume', 0.01))::json WHERE admission IS NOT NULL
        """,
        """
        INSERT INTO parent_orders (id, account, symbol, side, quantity, filled, urgency, algorithm, arrival_price,
            state, submitted_at_ns, ended_at_ns)
        SELECT parent.id || n, account, symbol, side, quantity, filled, urgency, algorithm, arrival_price, state,
            submitted_at_ns, ended_at_ns FROM parent_orders AS parent, generate_series(1, 10) AS n
        """,
        """
        INSERT INTO parent_bodies SELECT body.parent || n, submission, admission, result
        FROM parent_bodies AS body, generate_series(1, 10) AS n
        """,
        """
        INSERT INTO fills (account, parent_order, client_order_id, symbol, trade_id, side, quantity, price, notional,
            commission, currency, traded_at_ns, is_booked)
        SELECT account, parent_order || n, client_order_id || n, symbol, trade_id || n, side, quantity, price,
            notional, commission, currency, traded_at_ns, false FROM fills, generate_series(1, 10) AS n
        """,
    ]

    private func refusals(_ home: Home) async throws {
        for (arguments, words) in [
            ("--compare weather", "weather"), ("--compare day --since soon", "'soon' is no date"),
            ("--compare day --since 2026-01-05 --until 2026-01-02", "before --since"),
            ("--since 2026-01-05", "go with --compare"), ("--compare day --calibration", "not both"),
            ("--calibration --output html", "--output table or json"),
        ] {
            let outcome = try await home.run("report \(arguments)")
            #expect(outcome.status == 2 && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        }
    }
}
