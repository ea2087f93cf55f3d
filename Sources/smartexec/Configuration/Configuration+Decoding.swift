import ExecutionAnalytics
import Orchestration
import TradingDomain
import YAMLNodes

extension Configuration {
    /// Decodes the merged tree, whose lowest layer is ``BuiltInConfiguration``; every fault is reported.
    ///
    /// Each section asks for all of its keys before it gives up, so that one reading reports everything.
    static func decode(_ node: YAMLNode, _ diagnostics: Diagnostics) -> Configuration? {
        node.decode(as: "the configuration", diagnostics) { root in
            let database = root.mapping("database", DatabaseConfiguration.decode)
            let account = root.required("account", .nonEmptyText)
            let accounts = root.entries("accounts") { AccountConfiguration.decode($1) }
            let market = root.mapping("market", MarketConfiguration.decode)
            let clock = root.optional("clock", .clock)
            let simulation = root.mapping("simulation", SimulationConfiguration.decode)
            let quality = root.mapping("quality", QualityThresholds.decode)
            let routing = root.mapping("routing", RoutingConfiguration.decode)
            let agent = root.required("agent", .nonEmptyText)
            let agents = root.entries("agents", AgentConfiguration.decode)
            let models = Self.models(root)
            let workflows = root.mapping("workflows", WorkflowConfiguration.decode)
            let pools = Self.pools(root)
            let notifications = NotificationConfiguration.decode(root)
            let log = root.mapping("log", LogConfiguration.decode)
            Self.requireName("account", of: "accounts", root)
            Self.requireName("agent", of: "agents", root)
            guard let database, let account, let market, let simulation, let quality, let routing, let agent,
                let workflows, let log
            else { return nil }
            return Configuration(
                database: database,
                account: account,
                accounts: Dictionary(uniqueKeysWithValues: accounts.map { ($0.key, $0.value) }),
                market: market,
                clock: clock,
                simulation: simulation,
                quality: quality,
                routing: routing,
                agent: agent,
                agents: Dictionary(uniqueKeysWithValues: agents.map { ($0.key, $0.value) }),
                models: models,
                workflows: workflows,
                pools: pools,
                notifications: notifications,
                log: log
            )
        }
    }

    /// Reports a default that names nothing.
    private static func requireName(_ key: String, of table: String, _ root: MappingReader) {
        guard let node = root.node(key), let name = node.scalar?.text, !name.isEmpty else { return }
        let names = (root.node(table)?.entries ?? []).map(\.key)
        guard !names.contains(name) else { return }
        let known = names.isEmpty ? "`\(table)` is empty" : "`\(table)` has: \(names.joined(separator: ", "))"
        let question = Suggestion.question(for: name, in: names)
        let help = question.map { "\($0) \(known)" } ?? known
        root.diagnostics.error(
            "unknown-name",
            "`\(key)` names `\(name)`, which `\(table)` lacks",
            at: node.range,
            help: help
        )
    }

    /// `llm: 8`, or with a rate `broker: 4, 20/s`.
    private static func pools(_ root: MappingReader) -> [String: PoolGates.Size] {
        guard let node = root.node("pools") else { return [:] }
        guard let entries = node.entries else {
            let message = "`pools` must be a mapping of names to sizes, found \(node.kindDescription)"
            root.diagnostics.error("shape", message, at: node.range)
            return [:]
        }
        var pools: [String: PoolGates.Size] = [:]
        for entry in entries {
            pools[entry.key] = entry.value.scalar(.poolSize, named: "`pools.\(entry.key)`", root.diagnostics)
        }
        return pools
    }

    private static func models(_ root: MappingReader) -> [String: [ModelWeight]] {
        guard let node = root.node("models") else { return [:] }
        guard let entries = node.entries else {
            let message = "`models` must be a mapping of names to weights, found \(node.kindDescription)"
            root.diagnostics.error("shape", message, at: node.range)
            return [:]
        }
        var models: [String: [ModelWeight]] = [:]
        for entry in entries { models[entry.key] = weights(entry, root.diagnostics) }
        return models
    }

    private static func weights(_ model: YAMLEntry, _ diagnostics: Diagnostics) -> [ModelWeight] {
        guard let entries = model.value.entries else {
            let message =
                "`models.\(model.key)` must be a mapping of tickers to percents, found \(model.value.kindDescription)"
            diagnostics.error("shape", message, at: model.value.range)
            return []
        }
        return entries.compactMap { entry in
            let name = YAMLNode(.scalar(YAMLScalar(entry.key)), at: entry.keyRange)
            let symbol = name.scalar(.ticker, named: "a key of `models.\(model.key)`", diagnostics)
            let percent = entry.value.scalar(.percentPoints(-1000...1000), named: "`\(entry.key)`", diagnostics)
            guard let symbol, let percent else { return nil }
            return ModelWeight(symbol: symbol, percent: percent)
        }
    }
}

extension DatabaseConfiguration {
    static func decode(_ map: MappingReader) -> DatabaseConfiguration? {
        let url = map.optional("url", .databaseURL)
        let poolSize = map.required("pool_size", .int.within(1...64))
        let retryFor = map.required("retry_for", .positiveDuration)
        guard let poolSize, let retryFor else { return nil }
        // `url: ""` in an overlay goes back to the embedded cluster.
        return DatabaseConfiguration(url: url.flatMap { $0.isEmpty ? nil : $0 }, poolSize: poolSize, retryFor: retryFor)
    }
}

extension MarketConfiguration {
    static func decode(_ map: MappingReader) -> MarketConfiguration? {
        let source = map.required("source", .enumeration(Source.self))
        let seed = map.required("seed", .int.atLeast(0))
        let data = map.list("data", .nonEmptyText) ?? []
        let session = map.optional("session", .date)
        let profileSessions = map.required("profile_sessions", .int.within(1...250))
        let calendar = map.required("calendar", .nonEmptyText)
        let calendarFile = map.optional("calendar_file", .nonEmptyText)
        let startAfterOpen = map.required("start_after_open", .duration)
        if source == .files, data.isEmpty, let range = map.keyRange("source") {
            let help = "list folders or files under `market.data`, or give `--data PATH`"
            map.diagnostics.error("missing-key", "`source: files` needs `data`", at: range, help: help)
        }
        guard let source, let seed, let profileSessions, let calendar, let startAfterOpen else { return nil }
        return MarketConfiguration(
            source: source,
            seed: UInt64(seed),
            data: data,
            session: session,
            profileSessions: profileSessions,
            calendar: calendar,
            calendarFile: calendarFile,
            startAfterOpen: startAfterOpen
        )
    }
}

extension SimulationConfiguration {
    static func decode(_ map: MappingReader) -> SimulationConfiguration? {
        let participation = map.required("participation_percent", .positivePercentPoints(most: 100))
        let commission = map.required("commission_rate", .decimal.within(.zero...FixedDecimal(units: 10_000_000)))
        let latency = map.required("latency", .duration)
        let spread = map.required("spread_bps", .decimal.within(.zero...FixedDecimal(1000)))
        let shape = map.optional("latency_model", .enumeration(LatencyShape.self)) ?? .fixed
        let least = map.optional("latency_min", .duration)
        let most = map.optional("latency_max", .duration)
        if let least, let most, least > most, let range = map.keyRange("latency_max") {
            let help = "give a `latency_max` of \(least) or more"
            map.diagnostics.error("value", "`latency_max` is below `latency_min`", at: range, help: help)
        }
        let reports = map.optional("report_latency", .duration)
        let deviation = map.optional("latency_spread", .decimal.within(.zero...FixedDecimal(5)))
        guard let participation, let commission, let latency, let spread else { return nil }
        return SimulationConfiguration(
            participationPercent: participation,
            commissionRate: commission,
            latency: latency,
            reportLatency: reports,
            latencyShape: shape,
            latencyMin: least,
            latencyMax: most,
            latencySpread: deviation,
            spreadBps: spread
        )
    }
}

extension QualityThresholds {
    static func decode(_ map: MappingReader) -> QualityThresholds? {
        let bps = FixedDecimal.zero...FixedDecimal(10_000)
        let slippage = map.required("slippage_bps", .decimal.within(bps))
        let shortfall = map.required("shortfall_bps", .decimal.within(bps))
        let fillRate = map.required("fill_rate_percent", .decimal.within(.zero...FixedDecimal(100)))
        let time = map.required("time_percent", .decimal.within(FixedDecimal(1)...FixedDecimal(10_000)))
        guard let slippage, let shortfall, let fillRate, let time else { return nil }
        return QualityThresholds(
            slippageBps: slippage.approximate,
            shortfallBps: shortfall.approximate,
            fillRatePercent: fillRate.approximate,
            timePercent: time.approximate
        )
    }
}

extension WorkflowConfiguration {
    static func decode(_ map: MappingReader) -> WorkflowConfiguration? {
        let directory = map.required("directory", .nonEmptyText)
        let maximum = map.required("max_concurrent_agents", .int.within(1...1000))
        guard let directory, let maximum else { return nil }
        return WorkflowConfiguration(directory: directory, maxConcurrentAgents: maximum)
    }
}

extension LogConfiguration {
    static func decode(_ map: MappingReader) -> LogConfiguration? {
        map.required("level", .enumeration(Level.self)).map(LogConfiguration.init)
    }
}
