import PostgresStore
import TradingTestKit

/// Homes for many tests: one server for all of them, and copies of a migrated database instead of migrations.
extension Home {
    private static let template = Task { try await TestDatabase.make("home") }
    private static let copies = Copies()

    /// Makes and numbers the copies; of one template they are made one after the other.
    private actor Copies {
        private var count = 0

        func make(of template: TestDatabase) async throws -> String {
            count += 1
            let name = "\(template.name)_\(count)"
            let maintenance = try await PostgresConnection.connect(Home.url(of: "postgres", beside: template))
            let end = ContinuousClock.now + BuiltProgram.patience
            // A session that has just let go of the template may not be gone yet.
            while try await isBusy(maintenance, name, template) {
                guard ContinuousClock.now < end else { throw Home.Impatience(condition: "nobody uses the template") }
                try await Task.sleep(for: .milliseconds(200))
            }
            await maintenance.close()
            return name
        }

        private func isBusy(
            _ maintenance: PostgresConnection,
            _ name: String,
            _ template: TestDatabase
        ) async throws -> Bool {
            do {
                _ = try await maintenance.query("CREATE DATABASE \(name) TEMPLATE \(template.name)")
                return false
            } catch {
                guard error.sqlState == "55006" else { throw error }
                return true
            }
        }
    }

    /// Runs `body` in a home whose database is its own on the server that all tests share, and drops that afterwards.
    ///
    /// Tests of what happens to the server itself, and of a user's first minutes, take ``with(_:_:)``.
    static func onSharedServer<Result>(
        _ variables: [String: String] = [:],
        _ body: (Home) async throws -> Result
    ) async throws -> Result {
        let template = try await template.value
        let name = try await copies.make(of: template)
        let database = ["SMARTEXEC_DATABASE_URL": url(of: name, beside: template)]
        do {
            let result = try await with(variables.merging(database) { $1 }, body)
            try? await template.cluster.dropDatabase(named: name)  // else the next test run drops it
            return result
        } catch {
            try? await template.cluster.dropDatabase(named: name)
            throw error
        }
    }

    private static func url(of name: String, beside template: TestDatabase) -> String {
        template.url.replacing("/\(template.name)?", with: "/\(name)?")
    }
}
