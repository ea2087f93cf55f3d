// swift-tools-version: 6.2
import PackageDescription

/// A program of yours with an execution algorithm of its own.
///
/// In your own package, write the repository's URL instead of the path.
let package = Package(
    name: "Algorithms",
    dependencies: [.package(name: "SmartExecutor", path: "../..")],
    targets: [
        .executableTarget(
            name: "Algorithms",
            dependencies: [.product(name: "SmartExecutorKit", package: "SmartExecutor")]
        )
    ]
)
