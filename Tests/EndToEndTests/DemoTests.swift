import Foundation
import Testing
import TradingTestKit

@Suite("smartexec demo")
struct DemoTests {
    @Test("Prints a block for each urgency, the summary and the TWAP by slices, with the database's numbers; twice")
    func shape() async throws {
        try await Home.onSharedServer { home in
            let first = try await home.run("demo")
            #expect(first.status == 0, "\(first.errors)")
            let text = first.output
            #expect(text.hasPrefix("SmartExecutor demonstration\n"))
            let labels = [
                "Action", "Position Size", "Urgency", "Result", "Shares", "Avg Price", "Slippage", "Algorithm",
                "Child Orders",
            ]
            for urgency in ["CRITICAL", "HIGH", "MEDIUM", "LOW"] {
                let block = try self.block("\(urgency) urgency", in: text)
                #expect(block.map(\.label) == labels)
                let row = try await home.rows(
                    """
                    SELECT parent.side || ' ' || parent.symbol AS action, trim_scale(parent.filled)::text AS filled,
                        parent.algorithm,
                        (SELECT count(*) FROM child_orders WHERE parent = parent.id)::text AS children,
                        round((SELECT sum(notional) / sum(quantity) FROM fills WHERE parent_order = parent.id), 4)::text
                            AS average
                    FROM parent_orders AS parent WHERE parent.urgency = '\(urgency)' AND parent.decision IS NOT NULL
                    """,
                    columns: ["action", "filled", "algorithm", "children", "average"]
                )[0]
                let values = Dictionary(block.map { ($0.label, $0.value) }, uniquingKeysWith: { first, _ in first })
                #expect(values["Action"] == row[0])
                #expect(values["Urgency"] == urgency)
                #expect(values["Result"]?.hasPrefix("SUCCESS") == true)
                #expect(values["Shares"] == row[1])
                #expect(values["Algorithm"] == row[2])
                #expect(values["Child Orders"] == row[3])
                #expect(values["Avg Price"] == row[4])
            }
            try await checkSummary(home, text)
            try await checkSchedule(home, text)
            #expect(text.contains("\nNext:\n"))

            let second = try await home.run("demo")
            #expect(second.status == 0, "\(second.errors)")
            #expect(second.output.contains("demo-2@"))
            #expect(!second.output.contains("already executed"))
            #expect(try await home.run("verify").status == 0)
        }
    }

    private func checkSummary(_ home: Home, _ text: String) async throws {
        let block = try self.block("Execution Summary", in: text)
        let values = Dictionary(block.map { ($0.label, $0.value) }, uniquingKeysWith: { first, _ in first })
        let decided = "SELECT id FROM parent_orders WHERE decision IS NOT NULL"
        #expect(values["total_executions"] == "4")
        #expect(values["successful"] == "4")
        let volume = "SELECT round(sum(notional), 2) FROM fills WHERE parent_order IN (\(decided))"
        #expect(values["total_volume"] == (try await home.value(volume)))
        let commission = "SELECT round(sum(commission), 4) FROM fills WHERE parent_order IN (\(decided))"
        #expect(values["total_commission"] == (try await home.value(commission)))
        let cash = "SELECT round(500000 - sum(notional + commission), 4) FROM fills WHERE parent_order IN (\(decided))"
        #expect(values["cash"] == (try await home.value(cash)))
        #expect(values["kill_switch"] == "off")
        for label in ["average_slippage_bps", "positions", "realized_pnl", "unrealized_pnl"] {
            #expect(values[label]?.isEmpty == false)
        }
    }

    private func checkSchedule(_ home: Home, _ text: String) async throws {
        let lines = text.split(separator: "\n").map(String.init)
        let begin = try #require(lines.firstIndex(of: "[TWAP] Starting: AAPL 100 shares over 5min"))
        #expect(lines[begin + 1] == "Plan: 5 slices, avg 20.00 per slice")
        let slices = try await home.rows(
            """
            SELECT child.slice::text AS slice, trim_scale(sum(fill.quantity))::text AS filled,
                round(sum(fill.notional) / sum(fill.quantity), 4)::text AS average
            FROM fills AS fill JOIN child_orders AS child ON child.id = fill.client_order_id
            JOIN parent_orders AS parent ON parent.id = child.parent
            WHERE parent.decision IS NULL GROUP BY child.slice ORDER BY child.slice
            """,
            columns: ["slice", "filled", "average"]
        )
        #expect(slices.count == 5)
        for (offset, slice) in slices.enumerated() {
            #expect(lines[begin + 2 + offset] == "Slice \(slice[0])/5: \(slice[1]) @ \(slice[2])")
        }
        let whole = "SELECT round(sum(notional) / sum(fills.quantity), 4) FROM fills JOIN parent_orders ON "
        let average = try await home.value(
            "\(whole) parent_orders.id = fills.parent_order WHERE parent_orders.decision IS NULL"
        )
        #expect(lines[begin + 7] == "Completed: 100 @ avg \(average)")
    }

    /// The labelled lines below a title.
    private func block(_ title: String, in text: String) throws -> [(label: String, value: String)] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(lines.firstIndex { $0.hasSuffix(title) }, "no '\(title)' in:\n\(text)")
        return lines[(begin + 2)...].prefix { !$0.isEmpty }.map { line in
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }
}
