import ExecutionEngine
import Foundation
import MarketData
import PaperTrading
import Testing
import TradingDomain
import YAMLNodes

@testable import smartexec

/// A working directory with files in it, removed at the end.
final class Workplace {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        path = NSTemporaryDirectory() + "smartexec-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/config", withIntermediateDirectories: true)
        for (name, text) in files { try write(name, text) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(path)/\(name)")
    }

    func load(
        _ variables: [String: String] = [:],
        environment: String? = nil,
        directory: String? = nil
    ) throws(ConfigurationFailure) -> LoadedConfiguration {
        try ConfigurationLoader(
            directory: directory,
            environment: environment,
            variables: variables,
            workingDirectory: path
        ).load()
    }

    func failure(_ variables: [String: String] = [:], environment: String? = nil) throws -> ConfigurationFailure {
        try #require(throws: ConfigurationFailure.self) { try load(variables, environment: environment) }
    }
}

private let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

@Suite("Configuration")
struct ConfigurationTests {
    @Test("Without any file the built-in defaults hold")
    func defaults() throws {
        let loaded = try Workplace().load()
        let configuration = loaded.configuration
        #expect(configuration.database.url == nil)
        #expect(configuration.clock == nil)
        #expect(loaded.environment == .paper)
        #expect(loaded.files.isEmpty)
        let account = try #require(configuration.defaultAccount)
        #expect(account.cash.description == "100000 USD")
        #expect(account.limits.maxOrderNotional?.description == "50000 USD")
        #expect(account.limits.cashReservePercent.description == "0.1")
        #expect(configuration.simulation.commissionRate.description == "0.00015")
        #expect(configuration.simulation.latency == .milliseconds(50))
        #expect(configuration.agents.mapValues(\.kind) == ["momentum": .momentum, "file": .file])
        #expect(configuration.models["equal-nine"]?.map(\.symbol.text).prefix(2) == ["AAPL", "MSFT"])
        #expect(loaded.settings.allSatisfy { $0.source == "default" })
    }

    @Test("The shipped config.yaml says what is built in, and every shipped overlay loads")
    func shippedFile() throws {
        let shipped = try ConfigurationLoader(
            directory: nil,
            environment: nil,
            variables: [:],
            workingDirectory: packageRoot
        )
        .load()
        let builtIn = try Workplace().load()
        #expect(shipped.configuration == builtIn.configuration)
        let values = { (settings: [EffectiveSetting]) in Set(settings.map { "\($0.key)=\($0.value)" }) }
        #expect(values(shipped.settings) == values(builtIn.settings))
        #expect(
            shipped.settings.allSatisfy { $0.source.hasPrefix("config/config.yaml:") },
            "a default is not spelt out"
        )
        for environment in DeploymentEnvironment.allCases {
            let loader = ConfigurationLoader(
                directory: nil,
                environment: environment.rawValue,
                variables: [:],
                workingDirectory: packageRoot
            )
            #expect(try loader.load().warnings.isEmpty)
        }
    }

    @Test("Layers go defaults, file, overlay, variable, and each value names its source")
    func layering() throws {
        let place = try Workplace([
            "config/config.yaml": "market:\n  seed: 8\n  profile_sessions: 3\nsimulation: { latency: 10ms }\n",
            "config/config.staging.yaml": "market:\n  seed: 9\n",
        ])
        let loaded = try place.load(
            ["SMARTEXEC__SIMULATION__LATENCY": "1s", "SMARTEXEC_ENVIRONMENT": "staging"]
        )
        #expect(loaded.configuration.market.seed == 9)
        #expect(loaded.configuration.market.profileSessions == 3)
        #expect(loaded.configuration.simulation.latency == .seconds(1))
        let source = Dictionary(uniqueKeysWithValues: loaded.settings.map { ($0.key, $0.source) })
        #expect(source["market.seed"] == "config/config.staging.yaml:2")
        #expect(source["market.profile_sessions"] == "config/config.yaml:3")
        #expect(source["simulation.latency"] == "environment SMARTEXEC__SIMULATION__LATENCY")
        #expect(source["simulation.spread_bps"] == "default")
        #expect(loaded.files == ["config/config.yaml", "config/config.staging.yaml"])
        #expect(try place.load(environment: "paper").configuration.market.seed == 8)
    }

    @Test("Latency is one time unless a model makes it vary")
    func latency() throws {
        #expect(try Workplace().load().configuration.simulation.fillModel(seed: 3) == FillModel(seed: 3))
        let place = try Workplace([
            "config/config.yaml":
                "simulation: { latency: 40ms, latency_model: lognormal, latency_max: 1s, report_latency: 10ms }\n"
        ])
        let model = try place.load().configuration.simulation.fillModel(seed: 3)
        #expect(
            model.commandLatency
                == .logNormal(median: 40_000_000, spread: 0.5, least: 8_000_000, most: 1_000_000_000)
        )
        #expect(
            model.reportLatency == .logNormal(median: 10_000_000, spread: 0.5, least: 2_000_000, most: 1_000_000_000)
        )
        let wrong = try Workplace(["config/config.yaml": "simulation: { latency_min: 2s, latency_max: 1s }\n"])
        #expect("\(try wrong.failure())".contains("latency_max"))
    }

    @Test("A section whose keys are all commented out leaves the defaults")
    func emptySection() throws {
        let place = try Workplace([
            "config/config.yaml": "market:\n  # seed: 8\nclock:\n", "config/config.paper.yaml": "# nothing\n",
        ])
        #expect(try place.load().configuration == Workplace().load().configuration)
    }

    @Test("Everything wrong is reported at once, with place, caret and suggestion")
    func allErrors() throws {
        let place = try Workplace([
            "config/config.yaml": """
            acount: paper
            accounts:
              paper: { cash: 1e5, limits: { max_position_percent: 0 } }
              other: { environment: LIVE, brokre: simulated }
            market: { source: file }
            agents:
              py: { kind: process, deadline: soon }
              web: { kind: http, url: "ftp://x" }
            agent: momentun
            clock: 60
            models: { m: { aapl: 5 } }
            """
        ])
        let failure = try place.failure(["SMARTEXEC__SIMULATION__LATENZY": "1s"])
        let found = failure.diagnostics.map { "\($0.range.place) \($0.rule)" }
        #expect(
            Set(found) == [
                "config/config.yaml:1:1 unknown-key", "config/config.yaml:3:18 value", "config/config.yaml:3:55 value",
                "config/config.yaml:4:31 unknown-key",
                "config/config.yaml:5:19 value", "config/config.yaml:7:9 missing-key", "config/config.yaml:7:34 value",
                "config/config.yaml:8:27 value", "config/config.yaml:9:8 unknown-name", "config/config.yaml:10:8 value",
                "config/config.yaml:11:16 value",
                "environment SMARTEXEC__SIMULATION__LATENZY:1:24 unknown-key",
            ]
        )
        #expect(failure.description.contains("did you mean `account`?"))
        #expect(failure.description.contains("did you mean `files`?"))
        #expect(failure.description.contains("did you mean `momentum`?"))
        #expect(failure.description.contains("1 | acount: paper\n  | ^^^^^^\n"))
        #expect(
            failure.description.contains("1 | SMARTEXEC__SIMULATION__LATENZY\n  |                        ^^^^^^^\n")
        )
    }

    @Test(
        "A required key is missed when it is absent, and named once when it is misspelt",
        arguments: [
            ("{ environment: LIVE, cash: 5 }", ["config/config.yaml:2:12 missing-key"]),
            ("{ environment: LIVE, cash: 5, brokre: simulated }", ["config/config.yaml:2:40 unknown-key"]),
            (
                "{ environment: LIVE, cash: 5, colour: red }",
                ["config/config.yaml:2:12 missing-key", "config/config.yaml:2:40 unknown-key"]
            ),
        ]
    )
    func requiredKey(_ account: String, _ expected: [String]) throws {
        let place = try Workplace(["config/config.yaml": "accounts:\n  other: \(account)\n"])
        let found = try place.failure([:]).diagnostics.map { "\($0.range.place) \($0.rule)" }
        #expect(found == expected)
    }

    @Test("An account's slippage control has defaults, is changed key by key, and refuses what makes no sense")
    func slippage() throws {
        let standard = try #require(try Workplace().load().configuration.defaultAccount)
        #expect(standard.slippage == .standard)
        let place = try Workplace(["config/config.yaml": "accounts: { paper: { slippage: { limit_bps: 20 } } }\n"])
        let changed = try place.load(["SMARTEXEC__ACCOUNTS__PAPER__SLIPPAGE__ACTION": "slow_down"])
        let slippage = try #require(changed.configuration.defaultAccount).slippage
        #expect(slippage.limitBps == 20 && slippage.floorBps == 10 && slippage.ceilingBps == 100)
        #expect(slippage.action == .slowDown && slippage.adaptiveThreshold && slippage.exemptReductions)
        #expect(changed.settings.contains { $0.key == "accounts.paper.slippage.action" && $0.value == "slow_down" })
        for wrong in ["limit_bps: 0", "floor_bps: 11", "ceiling_bps: 9", "action: stop", "limit: 5"] {
            let place = try Workplace(["config/config.yaml": "accounts: { paper: { slippage: { \(wrong) } } }\n"])
            #expect(try place.failure().diagnostics.count == 1, "\(wrong)")
        }
    }

    @Test("A model in a file replaces the one below as a whole; a variable changes one weight")
    func models() throws {
        let place = try Workplace([
            "config/config.yaml": "models: { equal-nine: { SPY: 60, AGG: 30 }, other: { X: 5 } }\n",
            "config/config.paper.yaml": "models: { other: { Y: 6 } }\n",
        ])
        let models = try place.load(["SMARTEXEC__MODELS__EQUAL_NINE__AGG": "35"]).configuration.models
        let shown = models.mapValues { $0.map { "\($0.symbol) \($0.percent)" } }
        #expect(shown == ["equal-nine": ["SPY 60", "AGG 35"], "other": ["Y 6"]])
    }

    @Test("Accounts and agents of one's own are completed from the defaults of their kind")
    func ownEntries() throws {
        let place = try Workplace([
            "config/config.yaml": """
            accounts:
              mine: { broker: simulated, currency: KRW, cash: 5000000, limits: { restricted: [TSLA], max_order_notional: 7 } }
            agents:
              my-process: { kind: process, command: [python3, agent.py], environment: [HOME] }
              my-http: { kind: http, url: "http://127.0.0.1:8700/decide", deadline: 5s }
            """
        ])
        let configuration = try place.load(["SMARTEXEC__AGENTS__MY_PROCESS__DEADLINE": "90s"]).configuration
        let mine = try #require(configuration.accounts["mine"])
        #expect(mine.cash.description == "5000000 KRW")
        #expect(mine.limits.maxPositionPercent == FixedDecimal(10))
        #expect(mine.limits.maxOrderNotional?.description == "7 KRW")
        #expect(mine.limits.restricted.map(\.text) == ["TSLA"])
        #expect(configuration.accounts["paper"] != nil)
        #expect(
            configuration.agents["my-process"]
                == .process(
                    ProcessAgentConfiguration(
                        command: ["python3", "agent.py"],
                        deadline: .seconds(90),
                        environment: ["HOME"]
                    )
                )
        )
        #expect(
            configuration.agents["my-http"]
                == .http(
                    HTTPAgentConfiguration(
                        url: "http://127.0.0.1:8700/decide",
                        deadline: .seconds(5),
                        maxResponseBytes: 1 << 20
                    )
                )
        )
    }

    @Test(
        "A variable's path finds the key that is written with other case or separators",
        arguments: [
            ("SMARTEXEC__MODELS__EQUAL_NINE__AAPL", "4", "models.equal-nine.AAPL", "4"),
            ("SMARTEXEC__MARKET__DATA", "[a, b]", "market.data", "[a, b]"),
            ("SMARTEXEC__ACCOUNTS__PAPER__CASH", "5.5", "accounts.paper.cash", "5.5"),
            ("SMARTEXEC__MARKET__CALENDAR_FILE", "x.yaml", "market.calendar_file", "x.yaml"),
        ]
    )
    func variablePaths(_ name: String, _ value: String, _ key: String, _ shown: String) throws {
        let settings = try Workplace().load([name: value]).settings
        #expect(settings.contains(EffectiveSetting(key: key, value: shown, source: "environment \(name)")))
    }

    @Test("Wrong names are refused: environment, folder, variable; a stray file is warned of")
    func wrongNames() throws {
        let place = try Workplace(["config/config.prod.yaml": "x: 1\n"])
        #expect(try place.failure(environment: "prodution").description.contains("did you mean `production`?"))
        #expect(try Workplace().failure(["SMARTEXEC__A____B": "1"]).diagnostics.map(\.rule) == ["variable"])
        #expect(try place.load().warnings.map(\.range.file.name) == ["config/config.prod.yaml"])
        #expect(throws: ConfigurationFailure.self) { try place.load(directory: "conf") }
        #expect(throws: ConfigurationFailure.self) { try place.load(["SMARTEXEC_CONFIG": "conf"]) }
    }

    @Test(
        "Clocks",
        arguments: [
            ("virtual", true), ("real", true), ("60x", true), ("1x", true), ("0x", false), ("060x", false),
            ("fast", false), ("x", false),
        ]
    )
    func clocks(_ text: String, _ isValid: Bool) { #expect((ClockMode(text) != nil) == isValid) }

    @Test("Routing: router, default strategy, trials, and market states of one's own")
    func routing() throws {
        let builtIn = try Workplace().load().configuration.routing
        #expect(builtIn.policy == RoutingPolicy())
        #expect(builtIn.states.isEmpty && builtIn.stateDwell == .seconds(120))
        let place = try Workplace([
            "config/config.yaml": """
            routing:
              strategy: learned
              default_strategy: pov
              explore_percent: 2.5
              states:
                crowded: { spread_bps: { enter: 8, leave: 6 }, trend: { enter: 0.1, leave: 0.2 } }

            """
        ])
        let routing = try place.load(["SMARTEXEC__ROUTING__STRATEGY": "market"]).configuration.routing
        #expect(routing.policy.strategy == .market && routing.policy.fallback == .pov)
        #expect(routing.policy.exploreShare == 0.025)
        #expect(
            routing.states == [
                MarketStateRule(
                    MarketState(unchecked: "crowded"),
                    .init(.spreadBps, enter: 8, leave: 6),
                    .init(.trend, enter: 0.1, leave: 0.2)
                )
            ]
        )
    }

    @Test(
        "Bad routing is refused with what is known",
        arguments: [
            ("strategy: fastest", "urgency"), ("default_strategy: sniper", "twap_standard"),
            ("explore_percent: 60", "50"), ("states: { odd: { spread: { enter: 1, leave: 0 } } }", "spread_bps"),
            ("states: { odd: { trend: { enter: nan, leave: 0 } } }", "enter"), ("strategi: market", "strategy"),
        ]
    )
    func badRouting(line: String, hint: String) throws {
        let place = try Workplace(["config/config.yaml": "routing:\n  \(line)\n"])
        let error = try #require(throws: (any Error).self) { try place.load() }
        #expect("\(error)".contains(hint), "\(error)")
    }
}
