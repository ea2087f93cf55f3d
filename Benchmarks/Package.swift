// swift-tools-version: 6.2
import PackageDescription

/// Benchmarks are a package of their own, so that the main build stays light; `scripts/bench NAME` builds and runs one.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
let rooms = Target.Dependency.product(name: "SmartExecutorRooms", package: "SmartExecutor")

let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "SmartExecutor", path: "..")],
    targets: [
        .target(name: "CAllocations"),
        .executableTarget(name: "ReplayBenchmark", dependencies: [rooms, "CAllocations"], swiftSettings: settings),
        .executableTarget(name: "MatchingBenchmark", dependencies: [rooms], swiftSettings: settings),
        .target(name: "BenchmarkKit", dependencies: [rooms], swiftSettings: settings),
        .executableTarget(
            name: "JournalBenchmark",
            dependencies: [rooms, "BenchmarkKit"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "WorkflowsBenchmark",
            dependencies: [rooms, "BenchmarkKit"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "WatchlistBenchmark",
            dependencies: [rooms, "BenchmarkKit"],
            swiftSettings: settings
        ),
        .target(name: "BenchmarkPrograms", swiftSettings: settings),
        .executableTarget(
            name: "HTTPBenchmark",
            dependencies: [.product(name: "SmartExecutorNetworking", package: "SmartExecutor"), "BenchmarkPrograms"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "BenchmarkVenue",
            dependencies: [.product(name: "SmartExecutorVenue", package: "SmartExecutor")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "OrdersBenchmark",
            dependencies: [
                rooms, .product(name: "SmartExecutorFutures", package: "SmartExecutor"), "BenchmarkKit",
                "BenchmarkPrograms",
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "QualityBenchmark", dependencies: [rooms], swiftSettings: settings),
    ]
)
