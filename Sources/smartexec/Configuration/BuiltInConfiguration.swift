import Foundation
import YAMLNodes

/// What holds where no file and no variable says otherwise.
///
/// The shipped `config/config.yaml` spells out the same.
enum BuiltInConfiguration {
    /// How `config show` calls the source of these values.
    static let sourceName = "default"

    /// The lowest layer.
    static let root = """
        database:
          pool_size: 4
          retry_for: 30s
        account: paper
        accounts:
          paper:
            broker: simulated
            limits:
              max_order_notional: 50000
        market:
          source: generated
          seed: 7
          data: []
          profile_sessions: 5
          calendar: XNYS
          start_after_open: 1m
        simulation:
          participation_percent: 10
          commission_rate: 0.00015
          latency: 50ms
          spread_bps: 1
        quality:
          slippage_bps: 25
          shortfall_bps: 100
          fill_rate_percent: 90
          time_percent: 150
        routing:
          strategy: urgency
          default_strategy: vwap
          explore_percent: 5
          explore_bound_bps: 10
          state_dwell: 2m
        agent: momentum
        agents:
          momentum:
            kind: momentum
          file:
            kind: file
        models:
          equal-nine: { AAPL: 9, MSFT: 9, NVDA: 9, AMZN: 9, GOOGL: 9, JPM: 9, JNJ: 9, XOM: 9, SPY: 9, AGG: 9 }
        workflows:
          directory: workflows
          max_concurrent_agents: 8
        pools: { agents: 8, llm: 8, broker: 4 }
        log:
          level: warning
        """

    /// What every account has unless it says otherwise.
    static let account = """
        environment: PAPER
        currency: USD
        cash: 100000
        allow_short: false
        limits:
          max_position_percent: 10
          max_daily_loss_percent: 2
          max_gross_exposure_percent: 100
          price_collar_bps: 500
          cash_reserve_percent: 0.1
          shrink_to_fit: true
          restricted: []
        slippage:
          limit_bps: 10
          adaptive_threshold: true
          action: block
          exempt_reductions: true
        """

    /// What this account has unless it says otherwise.
    static func defaults(of account: YAMLNode) -> YAMLNode {
        guard account["broker"]?.scalar?.text == "binance" else { return node(self.account) }
        // Its cash is what the venue says it is.
        var text = self.account.replacingOccurrences(of: "currency: USD\n", with: "currency: USDT\n")
            .replacingOccurrences(of: "cash: 100000\n", with: "cash: 0\n")
        if account["venue"]?.entries != nil {
            text +=
                "\nvenue: { key_env: SMARTEXEC_BINANCE_KEY, secret_env: SMARTEXEC_BINANCE_SECRET, dead_man_seconds: 60 }"
        }
        return node(text)
    }

    /// What every agent of a kind has unless it says otherwise.
    static func agent(_ kind: AgentConfiguration.Kind) -> String {
        switch kind {
        case .momentum: "{ lookback: 30, threshold: 0.1, size_percent: 5, urgency: MEDIUM }"
        case .file: "{}"
        case .process: "{ deadline: 30s, environment: [] }"
        case .http: "{ deadline: 30s, max_response_bytes: 1048576 }"
        }
    }

    /// Parses one of the texts above.
    static func node(_ text: String) -> YAMLNode {
        let diagnostics = Diagnostics()
        let source = SourceFile(name: sourceName, text: text)
        let node = YAMLReader.read(source, into: diagnostics)
        precondition(diagnostics.items.isEmpty, "the built-in configuration is broken: \(diagnostics.items.rendered)")
        return node ?? YAMLNode(.mapping([]), at: source.range(0..<0))
    }

    /// Completes every account and agent of a merged tree, so that each of their values can be shown.
    static func completed(_ tree: YAMLNode) -> YAMLNode {
        tree.mappingEntries(of: "accounts") { $0.filled(from: defaults(of: $0)) }
            .mappingEntries(of: "agents") { agent in
                guard let text = agent["kind"]?.scalar?.text, let kind = AgentConfiguration.Kind(rawValue: text) else {
                    return agent
                }
                return agent.filled(from: node(self.agent(kind)))
            }
    }
}
