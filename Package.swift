// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours: Swift 6 mode comes with the tools version, the rest is CONTRIBUTING's list.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
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
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

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

        // The engine and the orchestration, which declare ports.
        room(
            "ExecutionEngine",
            [
                "TradingDomain", "QuantMath", "MarketData", "ExecutionAlgorithms", "RiskRules", "Portfolio",
                "OrderManagement", "ExecutionAnalytics",
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
        room("Networking", ["CCurl"]),
        room(
            "Notifications",
            ["TradingDomain", "RiskRules", "ExecutionEngine", "TradingAgents", "Orchestration", "Networking", crypto]
        ),
        room(
            "PaperTrading",
            [
                "TradingDomain", "QuantMath", "MarketData", "Matching", "ExecutionAlgorithms", "OrderManagement",
                "ExecutionEngine",
            ]
        ),
        room(
            "PostgresStore",
            [
                "CPostgres", "TradingDomain", "QuantMath", "RiskRules", "Portfolio", "OrderManagement",
                "ExecutionAlgorithms",
                "ExecutionAnalytics", "ExecutionEngine", "Orchestration", "Workflows", "YAMLNodes",
            ],
            resources: [.copy("Migrations"), .copy("Queries")]
        ),
        room(
            "TradingTestKit",
            [
                "TradingDomain", "MarketData", "ExecutionAlgorithms", "RiskRules", "Portfolio", "ExecutionAnalytics",
                "ExecutionEngine", "Orchestration", "Workflows",
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
                "Assembly",
                "TradingDomain", "QuantMath", "MarketData", "RiskRules", "Portfolio", "ExecutionAlgorithms",
                "ExecutionAnalytics", "ExecutionEngine",
                "TradingAgents", "YAMLNodes", "Workflows", "Orchestration", "Networking", "Notifications",
                "PaperTrading",
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
            exclude: ["Broken", "Good"],
            swiftSettings: settings
        ),
        tests("TradingAgentsTests", ["TradingAgents", "Networking", "MarketData", "TradingDomain"]),
        tests("NetworkingTests", ["Networking"]),
        tests(
            "NotificationsTests",
            [
                "Notifications", "Networking", "ExecutionEngine", "Orchestration", "RiskRules", "TradingDomain", crypto,
            ]
        ),
        tests(
            "PostgresStoreTests",
            [
                "PostgresStore", "TradingTestKit", "TradingDomain", "ExecutionAlgorithms", "ExecutionAnalytics",
                "ExecutionEngine", "QuantMath",
                "MarketData", "Orchestration", "Portfolio", "RiskRules", "Workflows", "YAMLNodes",
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
        tests("MatchingTests", ["Matching", "MarketData", "TradingDomain"]),
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
        tests("CrashTests", ["smartexec", "PostgresStore", "TradingTestKit"]),
        tests("AssemblyTests", ["SmartExecutorKit", "PostgresStore", "YAMLNodes"]),
        tests("TidyTests", []),
    ]
)
