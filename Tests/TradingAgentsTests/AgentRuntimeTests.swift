import Foundation
import Testing
import TradingAgents
import TradingDomain

@Suite("Agent runtime")
struct AgentRuntimeTests {
    private let runtime = AgentRuntime(now: { noon + .seconds(3) })

    private func ask(_ request: DecisionRequest = makeRequest(), _ replies: AgentReply...) async -> AgentExchange {
        await runtime.ask(ScriptedAgent { _ in replies }, request, timeout: .seconds(120))
    }

    private func abstention(_ decision: TradingDecision) -> TradingDecision.Abstention? {
        guard case .abstain(let abstention) = decision.body else { return nil }
        return abstention
    }

    private func bare(_ text: String) -> AgentReply { .document(bytes(text)) }

    @Test("The bare form is stamped, and says so")
    func bareForm() async throws {
        let answer = await ask(
            makeRequest(),
            bare(#"{"action":"BUY","position_size":5,"urgency":"IMMEDIATE","confidence":0.7,"reasoning":"up"}"#)
        )
        let decision = try #require(answer.decisions.first)
        #expect(answer.decisions.count == 1 && answer.refusals.isEmpty)
        #expect(decision.trade?.size == .deltaPercentOfEquity(decimal("5")))
        #expect(decision.trade?.reference?.price == price("100"))
        #expect(decision.urgency == .critical)
        #expect(decision.rationale == "up")
        #expect(decision.createdAt == noon + .seconds(3))
        #expect(decision.asOf == noon)
        #expect(decision.validUntil == noon + .seconds(123))
        #expect(decision.environment == .paper)
        #expect(decision.idempotencyKey == "scripted:AAPL:watchlist-am:2026-11-20")
        #expect(decision.ext?["stamped"] == "true")
        #expect(decision.ext?["stamped_fields"] == "as_of,created_at,reference,valid_until")
    }

    @Test("A bare size may be configured to be a target")
    func legacyBasis() async throws {
        let agent = ScriptedAgent { _ in [.document(bytes(#"{"action":"SELL","position_size":2.5}"#))] }
        let options = AgentRuntime.Options(legacyBasis: .targetPercentOfEquity)
        let answer = await runtime.ask(agent, makeRequest(), timeout: .seconds(120), options: options)
        #expect(answer.decisions[0].trade?.size == .targetPercentOfEquity(decimal("2.5")))
        #expect(answer.decisions[0].ext?["stamped_fields"]?.contains("urgency") == true)
    }

    @Test(
        "What is not a decision becomes ABSTAIN, never HOLD",
        arguments: [
            #"{"action":"BUY"}"#, #"{"action":"buy","position_size":5}"#, #"{"action":"BUY","position_size":"5%"}"#,
            #"{"action":"BUY","position_size":NaN}"#, #"{"action":"BUY","position_size":5,"action":"SELL"}"#,
            #"{"action":"BUY","postion_size":5}"#, #"{"action":"BUY","position_size":5,"confidence":72}"#,
            #"{"action":"BUY","position_size":5,"rationale":"a","reasoning":"b"}"#, "I would buy AAPL", "[]", "",
            "{\"action\":\"BUY\",\"position_size\":101}",
        ]
    )
    func garbage(_ text: String) async {
        let answer = await ask(makeRequest(), bare(text))
        #expect(abstention(answer.decisions[0])?.code == .unparseable)
        #expect(answer.refusals.map(\.code) == [.malformed])
    }

    @Test("A foreign symbol is refused, a second answer ignored, a missing one abstains")
    func wrongAnswers() async {
        let answer = await ask(
            makeRequest(["AAPL", "MSFT", "NVDA"], kind: .batch),
            bare(#"{"ticker":"MSFT","action":"BUY","position_size":5}"#),
            bare(#"{"ticker":"TSLA","action":"BUY","position_size":5}"#),
            bare(#"{"ticker":"MSFT","action":"SELL","position_size":9}"#),
            .abstain(.insufficientData, symbols: [symbol("NVDA")], "few bars")
        )
        #expect(answer.decisions.map(\.actionName) == ["ABSTAIN", "BUY", "ABSTAIN"])
        #expect(answer.refusals.map(\.code) == [.foreignSymbol, .answeredTwice])
        #expect(abstention(answer.decisions[2])?.code == .insufficientData)
        #expect(Set(answer.decisions.map(\.id)).count == 3)
    }

    @Test("Silence is NO_VIEW")
    func silence() async {
        let answer = await ask(makeRequest())
        #expect(abstention(answer.decisions[0])?.code == .noView)
    }

    @Test("Weights answer REBALANCE and nothing else")
    func rebalance() async throws {
        let document = AgentReply.document(bytes(Documents.targets.replacing("[ \"TSLA\" ]", "[ ]")))
        let request = makeRequest(["SPY", "AGG"], kind: .rebalance)
        #expect(await ask(request, document).decisions.map(\.actionName) == ["TARGETS"])
        #expect(await ask(makeRequest(["SPY", "AGG"], kind: .batch), document).refusals.map(\.code) == [.wrongKind])
        let trade = AgentReply.document(bytes(Documents.trade))
        #expect(await ask(request, trade).refusals.map(\.code) == [.wrongKind])
        let foreign = AgentReply.document(bytes(Documents.targets))
        #expect(await ask(request, foreign).refusals.map(\.code) == [.foreignSymbol])
    }

    @Test("A thrown error is MODEL_ERROR and an adapter's failure keeps its code")
    func errors() async {
        struct Broken: Error {}
        let broken = await runtime.ask(ScriptedAgent { _ in throw Broken() }, makeRequest(), timeout: .seconds(120))
        #expect(abstention(broken.decisions[0])?.code == .modelError)
        let refused = ScriptedAgent { _ in throw AgentFailure(.budgetExhausted, "no money") }
        let answer = await runtime.ask(refused, makeRequest(), timeout: .seconds(120))
        #expect(abstention(answer.decisions[0])?.code == .budgetExhausted)
    }

    @Test("A late answer is dropped, also from an agent that ignores cancellation")
    func late() async {
        let (release, hold) = (Gate(), Gate())
        let agent = ScriptedAgent { _ in
            hold.open()
            await release.wait()
            return [.document(bytes(#"{"action":"BUY","position_size":5}"#))]
        }
        let answer = await runtime.ask(agent, makeRequest(["AAPL", "MSFT"], kind: .batch), timeout: .milliseconds(50))
        await hold.wait()
        #expect(answer.decisions.compactMap { abstention($0)?.code } == [.timeout, .timeout])
        #expect(await runtime.lateAnswers == 0)
        release.open()
        await runtime.settle()
        #expect(await runtime.lateAnswers == 1)
    }

    @Test("At most so many agents are asked at once, and all are asked")
    func concurrency() async {
        let runtime = AgentRuntime(maximumConcurrent: 2, now: { noon })
        let counter = Counter()
        let agent = ScriptedAgent { _ in
            counter.enter()
            for _ in 0..<20 { await Task.yield() }
            counter.leave()
            return []
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<12 { group.addTask { _ = await runtime.ask(agent, makeRequest(), timeout: .seconds(120)) } }
        }
        #expect(counter.total == 12)
        #expect(counter.most <= 2)
    }

    @Test("Three failures in a row open the breaker, a good answer closes it")
    func breaker() async {
        let runtime = AgentRuntime(now: { noon })
        let bad = ScriptedAgent { _ in [.document(bytes("garbage"))] }
        let good = ScriptedAgent { _ in [.document(bytes(#"{"action":"HOLD"}"#))] }
        var open: [Bool] = []
        for agent in [bad, bad, bad, bad, good, good] {
            open.append(await runtime.ask(agent, makeRequest(), timeout: .seconds(120)).breakerIsOpen)
        }
        #expect(open == [false, false, false, true, true, false])
    }

    @Test("The request is written by the contract and reads back")
    func request() throws {
        var request = makeRequest(portfolio: makePortfolio(["AAPL": "100"]), extra: ["note": "x"])
        request.context.regime = "RISK_ON"
        request.context.vix = 17.2
        request.allowed = [symbol("AAPL"): [.sell: .init(maxQuantity: quantity("100")), .hold: .init()]]
        request.budget = .init(usd: decimal("0.5"), tokens: 60000)
        let value = try JSONValue(parsing: request.encoded())
        #expect(value["schema"] == .string("smartexec.request/1"))
        #expect(value["market"]?["AAPL"]?["last"] == .string("100"))
        #expect(value["allowed"]?["AAPL"]?["SELL"]?["max_quantity"] == .string("100"))
        #expect(value["context"]?["vix"] == .number("17.2"))
        let again = try JSONDecoder().decode(DecisionRequest.self, from: Data(request.encoded()))
        #expect(try again.encoded() == request.encoded())
        #expect(try JSONValue(parsing: makeRequest().encoded())["portfolio"] == .null)
    }

    @Test("The contract's own example of a request is read")
    func example() throws {
        let text = #"""
            { "schema": "smartexec.request/1", "request_id": "req-000042", "kind": "SINGLE",
              "symbols": ["AAPL"], "as_of": "2026-11-20T14:30:00Z", "deadline": "2026-11-20T14:31:30Z",
              "environment": "PAPER", "slot": "watchlist-am:2026-11-20",
              "context": { "regime": "RISK_ON", "vix": 17.2, "extra": {} },
              "portfolio": { "snapshot_id": "snap-000123", "as_of": "2026-11-20T14:29:58Z", "equity": "100000.00",
                "cash": "62000.00", "positions": [ { "symbol": "AAPL", "quantity": "100", "average_cost": "171.20",
                "weight_pct": 18.9, "working": "0" } ] },
              "market": { "AAPL": { "last": "189.42", "bid": "189.41", "ask": "189.43", "at": "2026-11-20T14:29:59Z",
                "name": "Apple Inc." } },
              "allowed": { "AAPL": { "SELL": { "max_quantity": "100" }, "CLOSE": {}, "HOLD": {},
                "BUY": { "max_notional": "1058.00" } } },
              "budget": { "usd": "0.50", "tokens": 60000 } }
            """#
        let request = try JSONDecoder().decode(DecisionRequest.self, from: Data(text.utf8))
        #expect(request.held(symbol("AAPL")) == quantity("100"))
        #expect(request.allowed[symbol("AAPL")]?[.buy]?.maxNotional == decimal("1058"))
    }

    @Test("The façade always answers")
    func facade() async {
        let agent = ScriptedAgent { _ in throw AgentFailure(.modelError, "broken") }
        #expect(await agent.analyze(ticker: symbol("AAPL"), context: makeRequest()).actionName == "ABSTAIN")
    }
}

/// Opened once; everybody waits until then.
final class Gate: @unchecked Sendable {
    private let lock = NSLock()
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func open() {
        let waiters = lock.withLock {
            isOpen = true
            defer { waiting = [] }
            return waiting
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let ready = lock.withLock {
                if !isOpen { waiting.append(continuation) }
                return isOpen
            }
            if ready { continuation.resume() }
        }
    }
}

final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var total = 0
    private(set) var most = 0
    private var now = 0

    func enter() {
        lock.withLock {
            total += 1
            now += 1
            most = max(most, now)
        }
    }

    func leave() { lock.withLock { now -= 1 } }
}
