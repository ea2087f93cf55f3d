import Dispatch
import Foundation
import PostgresStore

/// The program's own embedded cluster in a home of its own, with the settings it always has, removed at the end.
package struct BenchmarkCluster: Sendable {
    package let url: String
    private let cluster: EmbeddedCluster
    private let folders: [String]
    /// The server's first process, whose children are the backends.
    package let process: Int32

    package static func start() async throws -> BenchmarkCluster {
        let home = NSTemporaryDirectory() + "smartexec-bench-\(getpid())"
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let cluster = try EmbeddedCluster(EmbeddedCluster.Configuration(home: home, searchPath: path))
        let url = try await cluster.start()
        let status = await cluster.status()
        let made = BenchmarkCluster(
            url: url,
            cluster: cluster,
            // The data lies beside the server's log, in a folder that is the cluster's own.
            folders: [(status.dataFolder as NSString).deletingLastPathComponent, status.socketFolder, home],
            process: status.processID ?? 0
        )
        do {
            let connection = try await PostgresConnection.connect(url)
            _ = try await Migrator(migrations: Migration.bundled()).run(on: connection)
            await connection.close()
        } catch {
            await made.remove()
            throw error
        }
        return made
    }

    /// Stops the server and deletes everything it wrote.
    package func remove() async {
        _ = try? await cluster.stop()  // Already stopped, or never to be stopped: its folders go either way.
        for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// Removes the cluster when the program is interrupted.
    package func removeOnSignals() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                Task {
                    await remove()
                    exit(128 + number)
                }
            }
            source.resume()
            return source
        }
    }
}
