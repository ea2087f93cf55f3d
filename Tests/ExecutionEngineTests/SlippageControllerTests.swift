import ExecutionEngine
import Foundation
import QuantMath
import Testing
import TradingDomain

@Suite("The slippage controller (SL-1 … SL-4)")
struct SlippageControllerTests {
    private static let parent = Sample.parentID("a")
    private static let day = 86_400

    /// Cases of the reference file, by id.
    private static func golden() throws -> [String: [String: Any]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let folder = shared.map { URL(filePath: $0) } ?? root.deletingLastPathComponent().appending(path: "shared")
        let data = try Data(contentsOf: folder.appending(path: "golden/seed_formulas.json"))
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let cases = try #require(file["cases"] as? [[String: Any]])
        return Dictionary(uniqueKeysWithValues: cases.compactMap { one in (one["id"] as? String).map { ($0, one) } })
    }

    @Test("With a book that reaches as far as the price the prediction is the seed's, capped at one book")
    func seedPrediction() throws {
        let one = try #require(try Self.golden()["predicted-slippage"])
        let rows = try #require((one["inputs"] as? [String: Any])?["rows"] as? [[String: Double]])
        let expected = try #require((one["expected"] as? [String: Any])?["predicted"] as? [Double])
        for (row, seed) in zip(rows, expected) {
            let size = try #require(row["size"])
            let liquidity = try #require(row["liquidity"])
            let inputs = SlippageInputs(
                size: size,
                liquidity: liquidity,
                reach: 1,
                volatility: row["volatility"],
                spreadBps: row["spread_bps"]
            )
            let capped = seed - 0.5 * max(0, size / liquidity - 1)
            let predicted = try SlippageController().predictSlippage(inputs)
            #expect(abs(predicted.totalBps / 10_000 - capped) < 1e-12, "\(row)")
        }
    }

    @Test("An order is executed only when its prediction is at most the limit, as in the reference values")
    func seedVerdicts() throws {
        let one = try #require(try Self.golden()["predicted-versus-limit"])
        let inputs = try #require(one["inputs"] as? [String: Any])
        let allowed = try #require((one["expected"] as? [String: Any])?["allowed"] as? [Bool])
        let volatilities = try #require(inputs["volatility"] as? [Double])
        for (volatility, expected) in zip(volatilities, allowed) {
            let asked = SlippageInputs(
                size: 0,
                liquidity: 1000,
                reach: 1,
                volatility: volatility,
                spreadBps: inputs["spread_bps"] as? Double
            )
            let verdict = SlippageController().shouldExecute(asked, at: Sample.open)
            #expect((verdict.outcome == .pass) == expected, "volatility \(volatility): \(verdict.message)")
            #expect((verdict.code == nil) == expected)
        }
    }

    @Test(
        "Record by record the limit is the reference stream's",
        arguments: ["threshold-stream-160", "threshold-stream-300"]
    )
    func stream(id: String) throws {
        let one = try #require(try Self.golden()[id])
        let after = try #require((one["expected"] as? [String: Any])?["after"] as? [String: Double])
        // Bounds so wide that they do not matter.
        let settings = try SlippageSettings(limitBps: 10, floorBps: 0.0001, ceilingBps: 10_000)
        var controller = SlippageController(settings)
        var compared = 0
        for (index, slippage) in try Self.indexReturns().prefix(300).enumerated() {
            _ = controller.record(slippage, of: Self.parent, at: Sample.open)
            guard let expected = after["\(index + 1)"] else { continue }
            compared += 1
            #expect(abs(controller.limit(at: Sample.open) / expected - 1) < 1e-10, "after \(index + 1)")
        }
        #expect(compared == after.count)
    }

    @Test("A controller that was restored from its last 100 records is the one that went on", arguments: UInt64(0)..<50)
    func restored(seed: UInt64) throws {
        var random = Seeded(state: seed)
        var controller = SlippageController()
        var records: [SlippageRecord] = []
        var now = Sample.open
        for _ in 0..<Int.random(in: 1...260, using: &random) {
            now = now + .seconds(Int.random(in: 0...3 * Self.day, using: &random))
            let slippage = Double.random(in: -0.02...0.02, using: &random)
            let record = controller.record(slippage, of: Self.parent, at: now)
            records.append(try #require(record))
            let kept = Array(records.suffix(SlippageController.window))
            let stored = try JSONDecoder().decode([SlippageRecord].self, from: JSONEncoder().encode(kept))
            let again = SlippageController(.standard, restoring: stored)
            #expect(again == controller, "seed \(seed), record \(records.count)")
            let later = now + .seconds(Int.random(in: 0...30 * Self.day, using: &random))
            #expect(again.limit(at: later) == controller.limit(at: later))
            #expect((0.0005...0.005).contains(controller.limit(at: now)), "it stays within its bounds")
        }
        #expect(controller.threshold.records.count <= SlippageController.window)
    }

    @Test("A calm market lowers the limit to its floor, a wild one raises it to its ceiling; starved, it returns")
    func bounds() throws {
        for (slippage, bound) in [(0.0, 5.0), (-0.05, 50.0)] {
            var controller = SlippageController()
            for _ in 0..<200 { _ = controller.record(slippage, of: Self.parent, at: Sample.open) }
            #expect(abs(controller.limit(at: Sample.open) * 10_000 - bound) < 1e-9)
            let dayLater = controller.limit(at: Sample.at(Self.day)) * 10_000
            #expect(abs(dayLater - (bound + 0.1 * (10 - bound))) < 1e-9, "one step in a day without a record")
            #expect(abs(controller.limit(at: Sample.at(400 * Self.day)) * 10_000 - 10) < 1e-6)
        }
    }

    @Test("Without learning the limit stays, and the records are kept for the day that it learns")
    func fixed() throws {
        var controller = SlippageController(try SlippageSettings(limitBps: 20, adaptiveThreshold: false))
        for _ in 0..<150 { _ = controller.record(0.03, of: Self.parent, at: Sample.open) }
        #expect(controller.limit(at: Sample.open) == 0.002)
        #expect(controller.threshold.records.count == 100)
    }

    @Test("What is not known does not count and is named; a liquidity of zero and numbers that are none are refused")
    func unknowns() throws {
        let controller = SlippageController()
        let blind = controller.shouldExecute(SlippageInputs(size: 1e9), at: Sample.open)
        #expect(blind.outcome == .pass && blind.predictedBps == 0)
        #expect(blind.message.contains("not known and not counted: liquidity, volatility, spread"))
        for inputs in [
            SlippageInputs(size: 1, liquidity: 0, reach: 0.001), SlippageInputs(size: 1, liquidity: -5, reach: 0.001),
            SlippageInputs(size: .nan, liquidity: 5, reach: 0.001),
            SlippageInputs(size: 1, liquidity: .infinity, reach: 0.001), SlippageInputs(size: 1, volatility: -1),
            SlippageInputs(size: 1, spreadBps: .nan),
        ] {
            let verdict = controller.shouldExecute(inputs, at: Sample.open)
            #expect(verdict.isBlocked && verdict.code == "NO_LIQUIDITY", "\(inputs)")
        }
        var other = controller
        let nothing = other.record(.nan, of: Self.parent, at: Sample.open)
        #expect(nothing == nil)
        #expect(other == controller)
    }

    @Test(
        "Settings that make no sense are refused",
        arguments: [(0.0, 5.0, 50.0), (10, 11, 50), (10, 5, 9), (.nan, 5, 50), (10, 0, 50), (20_000, 5, 30_000)]
    )
    func settings(limit: Double, floor: Double, ceiling: Double) {
        #expect(throws: SlippageSettingsError.self) {
            try SlippageSettings(limitBps: limit, floorBps: floor, ceilingBps: ceiling)
        }
    }

    /// Fractions of the index's returns, without the first row, which has none, and the first return.
    private static func indexReturns() throws -> [Double] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let folder = shared.map { URL(filePath: $0) } ?? root.deletingLastPathComponent().appending(path: "shared")
        let data = try Data(contentsOf: folder.appending(path: "golden/data/sp500_daily.csv"))
        let text = String(decoding: data, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let column = try #require(lines.first?.split(separator: ",").firstIndex(of: "ret_pct"))
        return lines.dropFirst(3).compactMap { line in
            Double(line.split(separator: ",", omittingEmptySubsequences: false)[column]).map { $0 * 0.01 }
        }
    }
}
