// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours: Swift 6 mode comes with the tools version, the rest is CONTRIBUTING's list.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// What can be made to fail for a test; a release build knows nothing of it.
let failpoints: [SwiftSetting] = [.define("FAILPOINTS", .when(configuration: .debug))]

func room(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource] = [],
    extra: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings + extra)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
/// Sockets, HTTP/1.1's handshake and frames of WebSocket connections, and TLS for them.
let nio = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket"].map {
    Target.Dependency.product(name: $0, package: "swift-nio")
}
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "SmartExecutor",
    products: [
        .executable(name: "smartexec", targets: ["smartexec"]),
        .library(name: "SmartExecutorKit", targets: ["SmartExecutorKit"]),
        // For the package in Benchmarks/ only; no promise is made about it.
        .library(
            name: "SmartExecutorRooms",
            targets: [
                "TradingDomain", "QuantMath", "MarketData", "ExecutionAlgorithms", "RiskRules", "Portfolio",
                "OrderManagement", "ExecutionEngine", "Matching", "PaperTrading", "PostgresStore", "TradingAgents",
                "YAMLNodes", "Workflows", "Orchestration", "Assembly",
            ]
        ),
        // Likewise, for the benchmarks that need them.
        .library(name: "SmartExecutorNetworking", targets: ["Networking"]),
        .library(name: "SmartExecutorFutures", targets: ["BinanceFutures"]),
        .library(name: "SmartExecutorVenue", targets: ["PaperVenue"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Named moments at which tests end the program.
        room("Failpoints", extra: failpoints),

        // Nouns and pure rooms.
        room("TradingDomain"),
        room("QuantMath", ["TradingDomain"]),
        room("MarketData", ["TradingDomain", "CZlib"]),
        room("ExecutionAlgorithms", ["TradingDomain", "QuantMath", "MarketData"]),
        room("RiskRules", ["TradingDomain"]),
        room("Portfolio", ["TradingDomain"]),
        room("ExecutionAnalytics", ["TradingDomain", "QuantMath", "MarketData"]),
        room("OrderManagement", ["TradingDomain", "ExecutionAlgorithms", "RiskRules"]),
        room("YAMLNodes", ["CYAML", "TradingDomain"]),
        room("Workflows", ["YAMLNodes", "TradingDomain", crypto]),

        room("Matching", ["TradingDomain", "QuantMath", "MarketData"]),
        room("PaperVenue", ["TradingDomain", "QuantMath", "MarketData", "Matching", "YAMLNodes", crypto] + nio),

        // The engine and the orchestration, which declare ports.
        room(
            "ExecutionEngine",
            [
                "Failpoints", "TradingDomain", "QuantMath", "MarketData", "ExecutionAlgorithms", "RiskRules",
                "Portfolio", "OrderManagement", "ExecutionAnalytics",
            ]
        ),
        room("TradingAgents", ["TradingDomain", "MarketData", crypto, subprocess, system]),
        room(
            "Orchestration",
            [
                "TradingDomain", "MarketData", "RiskRules", "Portfolio", "ExecutionAlgorithms", "ExecutionAnalytics",
                "ExecutionEngine", "TradingAgents", "YAMLNodes", "Workflows", crypto,
            ]
        ),

        // Adapters.
        room("Networking", ["CCurl", tls] + nio),
        room(
            "Notifications",
            ["TradingDomain", "RiskRules", "ExecutionEngine", "TradingAgents", "Orchestration", "Networking", crypto]
        ),
        room(
            "BinanceFutures",
            [
                "TradingDomain", "MarketData", "OrderManagement", "ExecutionEngine", "Networking",
                crypto,
            ]
        ),
        room(
            "PaperTrading",
            [
                "Failpoints", "TradingDomain", "QuantMath", "MarketData", "Matching", "ExecutionAlgorithms",
                "OrderManagement", "ExecutionEngine",
            ]
        ),
        room(
            "PostgresStore",
            [
                "CPostgres", "Failpoints", "TradingDomain", "QuantMath", "RiskRules", "Portfolio", "OrderManagement",
                "ExecutionAlgorithms",
                "ExecutionAnalytics", "ExecutionEngine", "TradingAgents", "Orchestration", "Workflows", "YAMLNodes",
            ],
            resources: [.copy("Migrations"), .copy("Queries")]
        ),
        room(
            "TradingTestKit",
            [
                "TradingDomain", "MarketData", "ExecutionAlgorithms", "RiskRules", "Portfolio", "ExecutionAnalytics",
                "ExecutionEngine", "TradingAgents", "Orchestration", "Workflows", "YAMLNodes",
            ]
        ),

        // Worlds that try to break the engine, for tests and `scripts/simulate`.
        room(
            "Simulation",
            [
                "TradingDomain", "MarketData", "ExecutionAlgorithms", "RiskRules", "Portfolio", "OrderManagement",
                "ExecutionEngine",
            ]
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulation", "TradingDomain", "ExecutionAlgorithms", arguments],
            swiftSettings: settings
        ),

        // What the program and whoever embeds the system wire together, and the library product over it.
        room(
            "Assembly",
            [
                "TradingDomain", "MarketData", "ExecutionAlgorithms", "ExecutionAnalytics", "QuantMath", "RiskRules",
                "Portfolio", "OrderManagement", "ExecutionEngine", "TradingAgents", "YAMLNodes", "Workflows",
                "Orchestration", "Networking",
                "PaperTrading", "PostgresStore",
            ],
            // Links to the files in `workflows`.
            resources: [
                "process-ticker", "watchlist", "manual-order", "rebalance", "weekly-rebalance", "month-end-rebalance",
            ].map {
                .embedInCode("Workflows/\($0).yaml")
            }
        ),

        room(
            "SmartExecutorKit",
            [
                "Assembly", "ExecutionAlgorithms", "ExecutionAnalytics", "ExecutionEngine", "MarketData",
                "Orchestration", "PaperTrading", "Portfolio", "QuantMath", "RiskRules", "TradingAgents",
                "TradingDomain", "Workflows",
            ]
        ),

        .executableTarget(
            name: "smartexec",
            dependencies: [
                "Assembly", "BinanceFutures",
                "TradingDomain", "QuantMath", "MarketData", "RiskRules", "Portfolio", "ExecutionAlgorithms",
                "ExecutionAnalytics", "ExecutionEngine",
                "TradingAgents", "YAMLNodes", "Workflows", "Orchestration", "Networking", "Notifications",
                "PaperTrading", "PaperVenue",
                "PostgresStore", arguments, log,
            ],
            swiftSettings: settings
        ),

        // The examples are packages of their own for their readers; built here too, so that tests can run them.
        .executableTarget(
            name: "EmbeddingExample",
            dependencies: ["SmartExecutorKit"],
            path: "Examples/Embedding/Sources/Embedding",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "AlgorithmExample",
            dependencies: ["SmartExecutorKit"],
            path: "Examples/Algorithms/Sources/Algorithms",
            swiftSettings: settings
        ),

        tests("TradingDomainTests", ["TradingDomain"]),
        tests("QuantMathTests", ["QuantMath", "TradingDomain"]),
        tests("MarketDataTests", ["MarketData", "TradingDomain"]),
        tests("PortfolioTests", ["Portfolio", "TradingDomain"]),
        tests("RiskRulesTests", ["RiskRules", "TradingDomain"]),
        tests("ExecutionAnalyticsTests", ["ExecutionAnalytics", "MarketData", "QuantMath", "TradingDomain"]),
        tests("YAMLNodesTests", ["YAMLNodes", "TradingDomain"]),
        .testTarget(
            name: "WorkflowsTests",
            dependencies: ["Workflows", "YAMLNodes", "TradingDomain"],
            exclude: ["Broken", "Golden", "Good"],
            swiftSettings: settings
        ),
        tests("TradingAgentsTests", ["TradingAgents", "Networking", "MarketData", "TradingDomain", "TradingTestKit"]),
        tests("NetworkingTests", ["Networking", "TradingTestKit", tls] + nio),
        tests(
            "NotificationsTests",
            [
                "Notifications", "Networking", "ExecutionEngine", "Orchestration", "RiskRules", "TradingDomain",
                "TradingTestKit", crypto,
            ]
        ),
        tests(
            "PostgresStoreTests",
            [
                "PostgresStore", "TradingTestKit", "TradingDomain", "ExecutionAlgorithms", "ExecutionAnalytics",
                "ExecutionEngine", "OrderManagement", "QuantMath",
                "MarketData", "Orchestration", "Portfolio", "RiskRules", "TradingAgents", "Workflows", "YAMLNodes",
            ]
        ),
        tests(
            "SmartexecTests",
            [
                "smartexec", "ExecutionEngine", "MarketData", "Notifications", "Orchestration", "PaperTrading",
                "RiskRules",
                "Workflows", "YAMLNodes", "TradingDomain",
            ]
        ),
        tests("ExecutionAlgorithmsTests", ["ExecutionAlgorithms", "MarketData", "QuantMath", "TradingDomain"]),
        tests("OrderManagementTests", ["OrderManagement", "ExecutionAlgorithms", "RiskRules", "TradingDomain"]),
        tests(
            "ExecutionEngineTests",
            [
                "ExecutionEngine", "OrderManagement", "ExecutionAlgorithms", "ExecutionAnalytics", "RiskRules",
                "Portfolio", "MarketData", "QuantMath", "TradingDomain",
            ]
        ),
        tests(
            "BinanceFuturesTests",
            [
                "BinanceFutures", "ExecutionEngine", "OrderManagement", "MarketData", "Networking", "TradingDomain",
                "TradingTestKit",
            ]
        ),
        // The adapter at the local exchange, which is another process; no target knows both.
        tests(
            "BinanceVenueTests",
            [
                "BinanceFutures", "ExecutionEngine", "OrderManagement", "MarketData", "Networking", "TradingDomain",
                "TradingTestKit", "smartexec",
            ]
        ),
        tests("MatchingTests", ["Matching", "MarketData", "TradingDomain"]),
        tests(
            "PaperVenueTests",
            ["PaperVenue", "Matching", "MarketData", "YAMLNodes", "TradingDomain", crypto]
        ),
        tests(
            "PaperTradingTests",
            [
                "PaperTrading", "Matching", "ExecutionEngine", "OrderManagement", "ExecutionAlgorithms", "RiskRules",
                "Portfolio",
                "MarketData", "TradingDomain",
            ]
        ),
        .testTarget(
            name: "OrchestrationTests",
            dependencies: [
                "Orchestration", "ExecutionAlgorithms", "ExecutionAnalytics", "ExecutionEngine", "PaperTrading",
                "MarketData", "RiskRules", "Portfolio",
                "TradingAgents", "Workflows", "YAMLNodes", "TradingDomain", "TradingTestKit",
            ],
            exclude: ["Schedules/three_years.py"],
            swiftSettings: settings
        ),
        tests(
            "EndToEndTests",
            ["smartexec", "EmbeddingExample", "AlgorithmExample", "PostgresStore", "TradingTestKit"]
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "ExecutionAlgorithms", "TradingDomain"],
            exclude: ["kept-seeds.txt"],
            swiftSettings: settings
        ),
        tests("CrashTests", ["smartexec", "Failpoints", "PostgresStore", "TradingTestKit"]),
        tests("AssemblyTests", ["SmartExecutorKit", "OrderManagement", "PostgresStore", "YAMLNodes"]),
        tests("TidyTests", []),
    ]
)
