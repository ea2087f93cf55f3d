import Foundation
import MarketData
import Testing
import TradingAgents
import TradingDomain

@Suite("Momentum agent")
struct MomentumAgentTests {
    private let runtime = AgentRuntime(now: { noon })

    /// One bar a minute, the last one ending at `noon`, and one after it that must never count.
    private func bars(_ closes: [Double]) -> [Bar] {
        (closes + [closes[0] * 10]).enumerated().map { index, close in
            let end = noon - .seconds(60 * (closes.count - 1 - index))
            let price = Price(nearest: close)
            return Bar(
                symbol: symbol("AAPL"),
                start: end - .seconds(60),
                end: end,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: quantity("100")
            )
        }
    }

    private func decide(_ closes: [Double], held: String? = "0", parameters: MomentumAgent.Parameters) async
        -> TradingDecision
    {
        let history = bars(closes)
        let request = makeRequest(
            portfolio: held.map { makePortfolio(["AAPL": $0]) },
            tools: AgentTools(history: { _ in history })
        )
        return await runtime.ask(MomentumAgent(parameters: parameters), request, timeout: .seconds(120)).decisions[0]
    }

    private let parameters = MomentumAgent.Parameters(lookback: 4, threshold: 1)

    /// Two per cent up a bar: every return is equal, so z = √4 = 2; alternating returns give z near 0.
    @Test(
        "The rule, by hand",
        arguments: [
            ([100, 102, 104.04, 106.1208, 108.243216], "0", "BUY"),
            ([100, 102, 104.04, 106.1208, 108.243216], "10", "HOLD"),
            ([100, 98, 96.04, 94.1192, 92.236816], "10", "SELL"), ([100, 98, 96.04, 94.1192, 92.236816], "0", "HOLD"),
            ([100, 102, 100, 102, 100], "0", "HOLD"), ([100, 100, 100, 100, 100], "10", "HOLD"),
            ([100, 98, 96.04, 94.1192, 92.236816], "none", "ABSTAIN"), ([100, 102, 104.04, 106.1208], "0", "ABSTAIN"),
        ]
    )
    func rule(closes: [Double], held: String, action: String) async {
        let decision = await decide(closes, held: held == "none" ? nil : held, parameters: parameters)
        #expect(decision.actionName == action)
    }

    @Test("Size, urgency, confidence and key are the documented ones")
    func fields() async throws {
        let decision = await decide([100, 102, 104.04, 106.1208, 108.243216], parameters: parameters)
        #expect(decision.trade?.size == .deltaPercentOfEquity(decimal("5")))
        #expect(decision.urgency == .medium)
        #expect(try abs(#require(decision.confidence) - 2.0 / 3) < 0.0001)
        #expect(decision.idempotencyKey == "momentum:AAPL:watchlist-am:2026-11-20")
        let sell = await decide([100, 98, 96.04, 94.1192, 92.236816], held: "7", parameters: parameters)
        #expect(sell.trade?.size == .all)
    }

    @Test("The same request gives the same decision, and bars after now change nothing")
    func determinism() async {
        let closes = [100, 102, 104.04, 106.1208, 108.243216]
        let first = await decide(closes, parameters: parameters)
        #expect(await decide(closes, parameters: parameters) == first)
    }

    @Test("Symbols with signs that keys do not have keep their keys apart")
    func keys() async {
        var keys: Set<String> = []
        for text in ["BTC/USDT", "BTC-USDT", "BTCUSDT"] {
            let request = makeRequest(
                [text],
                tools: AgentTools(history: { _ in self.bars([100, 101, 102, 103, 104]) })
            )
            let agent = MomentumAgent(parameters: parameters)
            let answer = await runtime.ask(agent, request, timeout: .seconds(120))
            keys.insert(answer.decisions[0].idempotencyKey ?? "")
        }
        #expect(keys.count == 3 && !keys.contains(""))
    }
}

@Suite("File agent")
struct FileAgentTests {
    private let runtime = AgentRuntime(now: { noon })

    private func decisions(_ agent: FileAgent, _ symbols: [String]) async -> [TradingDecision] {
        await runtime.ask(agent, makeRequest(symbols, kind: .batch), timeout: .seconds(120)).decisions
    }

    private func problems(_ name: String, _ text: String) -> [String] {
        do throws(DecisionFileError) {
            _ = try FileAgent(name: name, bytes: bytes(text))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    static let csv = #"""
        idempotency_key,symbol,action,size_basis,size_pct,urgency,confidence,reference_price,reference_at,valid_until,rationale
        trend:AAPL:2026-11-20,AAPL,BUY,DELTA_PCT_EQUITY,5,HIGH,0.72,189.42,2026-11-20T14:29:59Z,2026-11-20T14:46:05Z,"Momentum, volume"
        ,MSFT,HOLD,,,,null,,,,"two
        lines, ""quoted"""
        """#

    @Test("The contract's CSV is read, with CRLF as well", arguments: ["\n", "\r\n"])
    func csv(lineEnd: String) async throws {
        let text = Self.csv.replacingOccurrences(of: "\n", with: lineEnd)
        let agent = try FileAgent(name: "d.csv", bytes: bytes(text))
        #expect(agent.symbols == [symbol("AAPL"), symbol("MSFT")])
        let answers = await decisions(agent, ["MSFT", "AAPL", "NVDA"])
        #expect(answers.map(\.actionName) == ["HOLD", "BUY", "ABSTAIN"])
        #expect(answers[0].rationale == "two\(lineEnd)lines, \"quoted\"")
        #expect(answers[1].idempotencyKey == "trend:AAPL:2026-11-20")
        #expect(answers[1].asOf == time("2026-11-20T14:29:59Z"))
        #expect(answers[1].validUntil == time("2026-11-20T14:46:05Z"))
        #expect(answers[1].ext?["stamped_fields"] == "created_at")
        guard case .abstain(let abstention) = answers[2].body else { return #expect(Bool(false)) }
        #expect(abstention.code == .noView)
    }

    @Test("Old columns and no times: stamped from the request, keyed by file and row")
    func legacyCSV() async throws {
        let text = "ticker,action,position_size,reasoning\nAAPL,BUY,5,up\nBAC,SELL,10,down\n"
        let answers = await decisions(try FileAgent(name: "old.csv", bytes: bytes(text)), ["AAPL", "BAC"])
        #expect(answers.map(\.actionName) == ["BUY", "SELL"])
        #expect(answers.map(\.asOf) == [noon, noon])
        #expect(answers[0].idempotencyKey?.hasPrefix("file:") == true)
        #expect(answers[0].idempotencyKey?.hasSuffix(":1") == true)
        let again = await decisions(try FileAgent(name: "copy.csv", bytes: bytes(text)), ["AAPL"])
        #expect(again[0].idempotencyKey == answers[0].idempotencyKey)
        let edited = try FileAgent(name: "old.csv", bytes: bytes(text.replacing(",5,", ",6,")))
        #expect(await decisions(edited, ["AAPL"])[0].idempotencyKey != answers[0].idempotencyKey)
    }

    @Test("JSON lines and JSON arrays hold envelopes and bare forms")
    func json() async throws {
        let line = Documents.small.split(separator: "\n").joined().replacing("BTC/USDT", "AAPL")
        let bare = #"{"ticker":"MSFT","action":"BUY","position_size":5}"#
        for (name, text) in [
            ("d.jsonl", "\(line)\n\n\(bare)\n"),
            ("d.json", "[\n\(Documents.small.replacing("BTC/USDT", "AAPL")),\n\(bare)\n]"),
        ] {
            let answers = await decisions(try FileAgent(name: name, bytes: bytes(text)), ["AAPL", "MSFT"])
            #expect(answers.map(\.actionName) == ["CLOSE", "BUY"])
            #expect(answers[0].idempotencyKey?.hasPrefix("file:") == true)
        }
    }

    /// Each bad file with the place of its problem.
    @Test(
        "A bad file is refused whole, with file and line",
        arguments: [
            ("d.csv", "ticker,action,position_size\nAAPL,BUY,5\nMSFT,BUY,5%\n", "d.csv:3:"),
            ("d.csv", "ticker,action,position_size\nAAPL,BUY,\"1,000\"\n", "d.csv:2:"),
            ("d.csv", "ticker,action,position_size\nAAPL,BUY,NaN\n", "d.csv:2:"),
            ("d.csv", "ticker,action,position_size\nAAPL,BUY,\n", "d.csv:2:"),
            ("d.csv", "ticker,action,position_size\naapl,BUY,5\n", "d.csv:2:"),
            ("d.csv", "ticker,action,position_size\nAAPL,BUY,5,6\n", "d.csv:2:"),
            ("d.csv", "ticker,action,position_size\n\"AAPL,BUY,5\n", "d.csv:2:"),
            ("d.csv", "ticker,action,position_size\n\nAAPL,MAYBE,5\n", "d.csv:3:"),
            ("d.csv", "ticker,action,postion_size\nAAPL,BUY,5\n", "d.csv:1:"),
            ("d.csv", "ticker,symbol,action,position_size\nAAPL,AAPL,BUY,5\n", "d.csv:1:"),
            ("d.csv", "action,position_size\nBUY,5\n", "d.csv:1:"), ("d.csv", "", "d.csv:1:"),
            ("d.csv", "symbol,action,size_pct,confidence\nAAPL,BUY,5,\n", "d.csv:2:"),
            ("d.csv", "symbol,action,size_pct,reference_price\nAAPL,BUY,5,100\n", "d.csv:2:"),
            ("d.jsonl", "{\"ticker\":\"A\",\"action\":\"HOLD\"}\n{\"ticker\":\"B\"}\n", "d.jsonl:2:"),
            ("d.jsonl", "{\"action\":\"BUY\",\"position_size\":5}\n", "d.jsonl:1:"),
            ("d.json", "[\n{\"ticker\":\"A\",\"action\":\"HOLD\"},\n{\"ticker\":\"B\",\"action\":\"X\"}]", "d.json:3:"),
            ("d.json", "[\n{\"ticker\":\"A\",\n\"ticker\":\"B\"}]", "d.json:3:"),
        ]
    )
    func bad(name: String, text: String, place: String) {
        let found = problems(name, text)
        #expect(found.contains { $0.hasPrefix(place) }, "\(found)")
    }

    @Test("Every bad row is named at once")
    func several() {
        let found = problems("d.csv", "ticker,action,position_size\nAAPL,BUY,x\nMSFT,BUY,5\nNVDA,FLY,5\n")
        #expect(found.count == 2)
    }

    @Test("A file that is not there says what to do")
    func missing() {
        #expect(throws: DecisionFileError.self) { try FileAgent(path: "/nowhere/d.csv") }
    }
}
