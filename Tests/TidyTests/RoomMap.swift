/// Who may know whom: the map of the package, which the README draws.
///
/// A new room is one entry here. An edge that a room does not need is better left out, even where the map allows it.
enum RoomMap {
    private static let nouns: Set<String> = ["TradingDomain"]
    /// Pure rooms beside each other know the nouns, the mathematics and market data, not one another.
    private static let pure: Set<String> = ["TradingDomain", "QuantMath", "MarketData"]
    private static let engine: Set<String> = pure.union([
        "ExecutionAlgorithms", "RiskRules", "Portfolio", "OrderManagement", "ExecutionAnalytics", "ExecutionEngine",
    ])
    private static let orchestration: Set<String> = engine.union([
        "TradingAgents", "YAMLNodes", "Workflows", "Orchestration",
    ])

    /// Rooms of ours that a room may import.
    static let rooms: [String: Set<String>] = [
        "TradingDomain": [],
        "QuantMath": nouns,
        "MarketData": nouns.union(["QuantMath"]),
        "ExecutionAlgorithms": pure,
        "RiskRules": pure,
        "Portfolio": pure,
        "TradingAgents": pure,
        "ExecutionAnalytics": pure,
        "Matching": pure,
        "OrderManagement": pure.union(["ExecutionAlgorithms", "RiskRules"]),
        // What tests can make fail; a release build has none of it.
        "Failpoints": [],
        "ExecutionEngine": engine.subtracting(["ExecutionEngine"]).union(["Failpoints"]),
        "YAMLNodes": nouns,
        "Workflows": nouns.union(["YAMLNodes"]),
        "Orchestration": orchestration.subtracting(["Orchestration"]),
        "Networking": nouns,
        // Channels to people stand behind the orchestration's port.
        "Notifications": orchestration.union(["Networking"]),
        // A real venue stands behind the engine's broker port; it knows no other adapter but the network.
        "BinanceFutures": engine.union(["Networking"]),
        // The simulated venue stands behind the engine's broker port.
        "PaperTrading": engine.union(["Failpoints", "Matching"]),
        // A local exchange must know no broker of ours: one mistake about the wire would hide in both.
        "PaperVenue": pure.union(["Matching", "YAMLNodes"]),
        // Journal, run store and repositories stand behind the ports of engine and orchestration.
        "PostgresStore": orchestration.union(["Failpoints"]),
        "TradingTestKit": orchestration,
        "Simulation": engine,
        "simulate": engine.union(["Simulation"]),
        // Rooms wired together, for the program and for whoever embeds the system.
        "Assembly": orchestration.union(["Networking", "PaperTrading", "PostgresStore"]),
        "SmartExecutorKit": orchestration.union(["Assembly", "PaperTrading"]),
        "smartexec": orchestration.union([
            "Assembly", "BinanceFutures", "Networking", "Notifications", "PaperTrading", "PaperVenue", "PostgresStore",
        ]),
        "CCurl": [], "CPostgres": [], "CYAML": [], "CZlib": [],
    ]

    /// Modules from outside that a room may import, besides what every room may.
    static let outside: [String: Set<String>] = [
        "MarketData": ["CZlib"],
        "Networking": ["CCurl", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "NIOWebSocket"],
        "PostgresStore": ["CPostgres", "Logging"],
        "YAMLNodes": ["CYAML"],
        "TradingAgents": ["Crypto", "Subprocess", "SystemPackage"],
        "Workflows": ["Crypto"],
        "Orchestration": ["Crypto", "Logging"],
        "Notifications": ["Crypto"],
        "BinanceFutures": ["Crypto"],
        "PaperVenue": ["Crypto", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOWebSocket"],
        "ExecutionEngine": ["Logging"],
        "smartexec": ["ArgumentParser", "Logging"],
        "simulate": ["ArgumentParser"],
    ]

    /// The C library and the parts of the toolchain that any room may use.
    static let everywhere: Set<String> = ["Synchronization"]

    /// Rooms that must stay free of files, clocks, locales and processes; they are plain Swift.
    static let withoutFoundation: Set<String> = [
        "TradingDomain", "QuantMath", "ExecutionAlgorithms", "RiskRules", "Portfolio", "OrderManagement", "YAMLNodes",
        "Workflows", "Matching",
    ]

    /// Files of those rooms that may import Foundation, each with its reason.
    static let foundationExceptions: [String: String] = [
        "Sources/ExecutionAlgorithms/AlgorithmCatalog.swift": "snapshots are JSON, and JSONEncoder lives there"
    ]

    /// What stands for the operating system: `Glibc` is for logarithms in pure rooms, and no more.
    static let system: Set<String> = ["Foundation", "Glibc", "Dispatch"]
}
