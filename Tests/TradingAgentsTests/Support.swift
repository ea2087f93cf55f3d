import Foundation
import MarketData
import TradingAgents
import TradingDomain

func time(_ text: String) -> Timestamp { known(text) { Timestamp($0) } }
func symbol(_ text: String) -> Symbol { known(text) { Symbol($0) } }
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func decimal(_ text: String) -> FixedDecimal { known(text) { try? FixedDecimal(parsing: $0) } }
func price(_ text: String) -> Price { known(text) { try? Price(parsing: $0) } }
func quantity(_ text: String) -> Quantity { known(text) { try? Quantity(parsing: $0) } }

/// A value that the test's author wrote down, so that a wrong one is a bug of the test.
private func known<Value>(_ text: String, _ read: (String) -> Value?) -> Value {
    guard let value = read(text) else { preconditionFailure("'\(text)' in a test is no \(Value.self)") }
    return value
}

/// Splitmix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

let noon = time("2026-11-20T14:30:00Z")

func makeRequest(
    _ symbols: [String] = ["AAPL"],
    kind: DecisionRequest.Kind = .single,
    portfolio: DecisionRequest.Portfolio? = nil,
    slot: String? = "watchlist-am:2026-11-20",
    extra: [String: String] = [:],
    tools: AgentTools = AgentTools()
) -> DecisionRequest {
    var market: [Symbol: DecisionRequest.Market] = [:]
    for text in symbols { market[symbol(text)] = .init(last: price("100"), at: noon) }
    return DecisionRequest(
        requestID: "req-000042",
        kind: kind,
        symbols: symbols.map(symbol),
        asOf: noon,
        deadline: noon + .seconds(60),
        environment: .paper,
        slot: slot,
        context: .init(extra: extra),
        portfolio: portfolio,
        market: market,
        tools: tools
    )
}

func makePortfolio(_ held: [String: String]) -> DecisionRequest.Portfolio {
    .init(
        snapshotID: "snap-000123",
        asOf: noon,
        equity: decimal("100000"),
        cash: decimal("62000"),
        positions: held.sorted { $0.key < $1.key }.map { .init(symbol: symbol($0.key), quantity: quantity($0.value)) }
    )
}

/// Answers with what it is given.
struct ScriptedAgent: TradingAgent {
    var descriptor = AgentDescriptor(id: AgentID(unchecked: "scripted"))
    var answer: @Sendable (DecisionRequest) async throws -> [AgentReply]
    func decide(_ request: DecisionRequest) async throws -> [AgentReply] { try await answer(request) }
}

/// One good document of the contract, to be changed by tests.
enum Documents {
    static let trade = #"""
        { "schema": "smartexec.decision/1", "decision_id": "dec-20261120-AAPL-0001",
          "idempotency_key": "trend-v2:AAPL:2026-11-20",
          "agent": { "id": "trend-v2", "version": "2.1.0", "run_id": "r-7f3a", "model": "local-32b",
            "config_hash": "sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910",
            "input_hash": "sha256:c96c6d5be8d08a12e7b5cdc1b207fa6b2430974c86803d8891675e76fd992c20" },
          "created_at": "2026-11-20T14:31:05Z", "as_of": "2026-11-20T14:30:00Z", "valid_until": "2026-11-20T14:46:05Z",
          "environment": "PAPER", "account": "paper-main", "kind": "TRADE",
          "portfolio": { "snapshot_id": "snap-000123", "as_of": "2026-11-20T14:29:58Z", "equity": "100000.00",
            "currency": "USD" },
          "trade": { "symbol": "AAPL", "asset_class": "EQUITY", "action": "BUY",
            "size": { "basis": "DELTA_PCT_EQUITY", "pct": 5 },
            "reference": { "price": "189.42", "currency": "USD", "observed_at": "2026-11-20T14:29:59Z",
              "source": "feed-a" },
            "limits": { "limit_price": "190.50", "max_drift_bps": 75, "stop_loss": "182.00", "take_profit": "205.00" },
            "horizon_days": 20 },
          "confidence": 0.72, "urgency": "HIGH",
          "rationale": "Momentum turned up after three days of accumulation; earnings risk is past.",
          "evidence": [
            { "kind": "INDICATOR", "title": "RSI(14)", "value": "41.2", "observed_at": "2026-11-20T14:30:00Z",
              "trust": "TRUSTED" },
            { "kind": "NEWS", "title": "Supplier raises outlook", "uri": "news:abc123", "trust": "UNTRUSTED" } ] }
        """#

    static let targets = #"""
        { "schema": "smartexec.decision/1", "decision_id": "reb-20261120-0001", "idempotency_key": "6040:2026-W47",
          "agent": { "id": "balanced-6040", "version": "1.0.0" },
          "created_at": "2026-11-20T14:31:05Z", "as_of": "2026-11-20T14:30:00Z", "valid_until": "2026-11-20T20:00:00Z",
          "environment": "PAPER", "kind": "TARGETS", "urgency": "LOW", "rationale": "Weekly rebalance",
          "portfolio": { "snapshot_id": "snap-000123", "as_of": "2026-11-20T14:29:58Z", "equity": "100000.00" },
          "targets": { "scope": "FULL",
            "weights": [ { "symbol": "SPY", "weight_pct": 60 }, { "symbol": "AGG", "weight_pct": 35 } ],
            "cash_pct": 5, "closes": [ "TSLA" ], "drift_band_pct": 1, "min_trade_notional": "50",
            "max_turnover_pct": 40 } }
        """#

    static let abstain = #"""
        { "schema": "smartexec.decision/1", "decision_id": "abs-20261120-AAPL-01",
          "agent": { "id": "llm-a", "version": "1" },
          "created_at": "2026-11-20T14:31:05Z", "as_of": "2026-11-20T14:30:00Z", "valid_until": "2026-11-20T14:46:05Z",
          "environment": "PAPER", "kind": "ABSTAIN",
          "abstain": { "code": "UNPARSEABLE", "symbols": ["AAPL"],
            "message": "content was empty, finish_reason=length" } }
        """#

    static let small = #"""
        { "schema": "smartexec.decision/1", "decision_id": "dec-00000001", "agent": { "id": "a", "version": "1" },
          "created_at": "2026-11-20T14:31:05Z", "as_of": "2026-11-20T14:30:00Z", "valid_until": "2026-11-20T14:46:05Z",
          "environment": "BACKTEST", "kind": "TRADE", "urgency": "LOW", "rationale": "",
          "trade": { "symbol": "BTC/USDT", "action": "CLOSE" } }
        """#
}

extension String {
    func replacing(_ old: String, _ new: String) -> String { replacingOccurrences(of: old, with: new) }
}
