// swift-tools-version: 6.2
import PackageDescription

/// A program of yours that embeds the system.
///
/// In your own package, write the repository's URL instead of the path.
let package = Package(
    name: "Embedding",
    dependencies: [.package(name: "SmartExecutor", path: "../..")],
    targets: [
        .executableTarget(
            name: "Embedding",
            dependencies: [.product(name: "SmartExecutorKit", package: "SmartExecutor")]
        )
    ]
)
