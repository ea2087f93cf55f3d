import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import RiskRules
import Synchronization
import Testing
import TradingAgents
import TradingDomain
import TradingTestKit
import Workflows
import YAMLNodes

@testable import Orchestration

/// Remembers the context of every question.
private final class CuriousAgent: TradingAgent {
    let descriptor = AgentDescriptor(id: AgentID(unchecked: "momentum"), isDeterministic: true)
    private let contexts = Mutex<[DecisionRequest.Context]>([])

    var seen: [DecisionRequest.Context] { contexts.withLock { $0 } }

    func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        contexts.withLock { $0.append(request.context) }
        return [.abstain(.noView, symbols: request.symbols, "nothing to say")]
    }
}

@Suite("market.bars, market.state, and what files say about orders in their own words")
struct MarketStepTests {
    private func run(_ steps: String, _ plan: FloorPlan = FloorPlan(), on ground: Ground = Ground()) async throws
        -> (report: RunReport, floor: Floor)
    {
        let floor = try await Floor.open(plan, on: ground)
        let source = SourceFile(name: "t.yaml", text: "format: 1\nworkflow: t\nsteps:\n" + steps)
        let executor = SmartExecutor(desk: floor.desk, library: { _ in nil })
        return (try await executor.run(source, inputs: [:]), floor)
    }

    private func bar(_ minute: Int64, _ close: Int64, volume: Int = 1) -> Bar {
        let start = Timestamp(nanoseconds: minute * 60_000_000_000)
        let price = Price(units: close * 100_000_000)
        return Bar(
            symbol: symbol("KO"),
            start: start,
            end: start + .seconds(60),
            open: price,
            high: Price(units: price.units + 1),
            low: Price(units: price.units - 1),
            close: price,
            volume: Quantity(volume)
        )
    }

    @Test(
        "Bars are joined until they are few enough, and lose no volume, high or low",
        arguments: [0, 1, 400, 401, 2001, 60_000]
    )
    func documents(count: Int) throws {
        let bars = (0..<count).map { bar(Int64($0), Int64(10 + $0 % 7)) }
        let now = Timestamp(nanoseconds: Int64(count) * 60_000_000_000)
        let document = BarDocument(symbol("KO"), bars, until: now)
        #expect(document.bars.count <= BarDocument.linesMax)
        #expect(document.bars.reduce(Quantity.zero) { $0 + $1.volume } == Quantity(count))
        #expect(document.bars.map(\.high).max() == bars.map(\.high).max())
        #expect(document.bars.map(\.low).min() == bars.map(\.low).min())
        #expect(document.bars.first?.open == bars.first?.open && document.bars.last?.close == bars.last?.close)
        #expect(zip(document.bars, document.bars.dropFirst()).allSatisfy { $0.end <= $1.start })
        if count <= BarDocument.linesMax { #expect(document.bars == bars) }
        let lines = document.text.split(separator: "\n")
        #expect(lines.count == document.bars.count + 2)
        #expect(document.text.utf8.count < 60_000)
    }

    @Test("An agent gets the bars up to now and nothing later, and its profile")
    func bars() async throws {
        var plan = FloorPlan()
        let agent = CuriousAgent()
        plan.agents["momentum"] = agent
        let (report, floor) = try await run(
            """
              - { id: data, uses: market.bars, with: { ticker: KO, span: 10d } }
              - { id: state, uses: market.state, with: { ticker: KO } }
              - { id: ask, uses: agent.decide, with: { ticker: KO, bars: "${{ steps.data.bars }}", profile: swing } }
            """,
            plan
        )
        #expect(report.status == .abstain, "\(report)")
        let context = try #require(agent.seen.first)
        #expect(context.extra["profile"] == "swing")
        let lines = try #require(context.extra["bars"]).split(separator: "\n")
        #expect(lines.count > 100 && lines[1] == "start,open,high,low,close,volume", "\(lines.prefix(3))")
        let now = report.startedAt
        #expect(lines[0].hasSuffix("up to \(now)"), "\(lines[0])")
        let starts = lines.dropFirst(2).compactMap { Timestamp(String($0.split(separator: ",")[0])) }
        #expect(starts.count == lines.count - 2 && starts.allSatisfy { $0 < now && $0 >= now - .seconds(10 * 86_400) })
        let source = try floor.market.bars(symbol("KO"), from: now - .seconds(10 * 86_400), to: now)
        #expect(source.allSatisfy { $0.end <= now })
        let volume = lines.dropFirst(2).compactMap { try? Quantity(parsing: String($0.split(separator: ",")[5])) }
        #expect(volume.reduce(Quantity.zero, +) == source.reduce(Quantity.zero) { $0 + $1.volume })
    }

    @Test("A ticker that the market does not have ends REJECTED, as everywhere")
    func unknown() async throws {
        for step in ["market.bars, with: { ticker: NOPE, span: 1d }", "market.state, with: { ticker: NOPE }"] {
            let report = try await run("  - { id: a, uses: \(step) }\n").report
            #expect(report.status == .rejected && report.items.first?.ticker == "NOPE")
        }
    }

    private static let order = """
          - { id: propose, uses: orders.propose, with: { ticker: KO, side: SIDE, quantity: 100, urgency: HIGH } }
          - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
          - id: trade
            foreach: steps.check.approved
            as: order
            key: order.id
            steps:
              - { id: send, uses: USES, with: { order: "${{ order }}", MORE } }

        """

    private func trade(_ uses: String, _ more: String, on ground: Ground) async throws -> (
        RunReport, ParentRecord?, Floor
    ) {
        let text = Self.order.replacing("SIDE", with: "BUY").replacing("USES", with: uses).replacing("MORE", with: more)
        let (report, floor) = try await run(text, on: ground)
        return (report, try await ground.parentsThatSent().first, floor)
    }

    @Test("A VWAP until some time of the session, at most a share of the volume")
    func vwap() async throws {
        let ground = Ground()
        let (report, parent, floor) = try await trade(
            "execute.vwap",
            "until: open + 30m, participation: 8%",
            on: ground
        )
        #expect(report.status == .success, "\(report)")
        let session = try known(floor.market.calendar.session(on: known(CalendarDate("2026-03-03"))))
        guard case .explicit(let name, let parameters)? = parent?.submission.choice else {
            Issue.record("no explicit choice")
            return
        }
        #expect(name == .vwap)
        #expect(parameters.endTime == session.open + .seconds(1800))
        #expect(parameters.maxParticipationPercent == FixedDecimal(8))
        for more in [
            "until: open + 30m, end_time: 2026-03-03T20:00:00Z", "participation: 8%, max_participation_percent: 8",
        ] {
            let (report, _, _) = try await trade("execute.vwap", more, on: Ground())
            #expect(report.status == .failed && report.message?.contains("say the same") == true, "\(report)")
        }
        let (late, _, _) = try await trade("execute.vwap", "until: open - 30m", on: Ground())
        #expect(late.status != .success)
    }

    @Test("An order's limit band is a worst price around the market's", arguments: ["execute.route", "execute.limit"])
    func band(_ uses: String) async throws {
        let ground = Ground()
        let (report, parent, floor) = try await trade(uses, "limit_band: 0.5%", on: ground)
        let order = try #require(parent?.submission.order)
        let limit = try #require(order.limitPrice)
        let reference = order.referencePrice
        #expect(limit > reference && limit.units <= reference.units * 1006 / 1000, "\(limit) around \(reference)")
        #expect(limit.units % order.instrument.tick.units == 0)
        for fill in await ground.journal.fills { #expect(fill.price <= limit) }
        _ = (report, floor)
        for bad in ["0%", "100%"] {
            let (report, _, _) = try await trade(uses, "limit_band: \(bad)", on: Ground())
            #expect(report.status == .failed && report.message?.contains("bad_limit_band") == true, "\(report)")
        }
    }

    @Test("A tighter limit of the order's own stays")
    func tighter() async throws {
        let floor = try await Floor.open(on: Ground())
        let instrument = try #require(floor.desk.instrument(symbol("KO")))
        for (side, own, band, wanted) in [
            (Side.buy, 100, 101, 100), (.buy, 102, 101, 101), (.sell, 100, 99, 100), (.sell, 98, 99, 99),
        ] {
            let order = ProposedOrder(
                instrument: instrument,
                side: side,
                quantity: Quantity(1),
                referencePrice: Price(units: 100),
                urgency: .low,
                urgencySource: "x",
                limitPrice: Price(units: Int64(own)),
                note: "n"
            )
            #expect(order.limited(to: Price(units: Int64(band))).limitPrice == Price(units: Int64(wanted)))
        }
    }

    @Test("risk.check judges by the set of limits that the file names, and refuses one that is not there")
    func limitSets() async throws {
        let text = """
              - { id: propose, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: 100, urgency: HIGH } }
              - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}", limits: NAME } }
            """
        var plan = FloorPlan()
        plan.limitSets = ["tight": try RiskLimits(maxOrderQuantity: Quantity(10), sellsFundBuys: true)]
        for (name, notional) in [("default", 100), ("tight", 10)] {
            let ground = Ground()
            let floor = try await Floor.open(plan, on: ground)
            let source = SourceFile(
                name: "t.yaml",
                text: "format: 1\nworkflow: t\nsteps:\n" + text.replacing("NAME", with: name)
            )
            let report = try await SmartExecutor(desk: floor.desk, library: { _ in nil }).run(source, inputs: [:])
            #expect(report.status == .success, "\(report)")
            let claimed = await ground.runs.done(report.run).first { $0.path == "check" }
            let outcome = try StoredOutcome(json: try #require(claimed).outcome).outcome
            guard case .success(let output, _, _) = outcome else { continue }
            let quantity = output["approved"].listValue?.first?.recordValue?["quantity"].decimalValue
            #expect(quantity == FixedDecimal(notional), "\(name)")
        }
        let missing = try await run(text.replacing("NAME", with: "none"), plan).report
        #expect(missing.status == .failed && missing.message?.contains("known: default, tight") == true, "\(missing)")
    }
}
