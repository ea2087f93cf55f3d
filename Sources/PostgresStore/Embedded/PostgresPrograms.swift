import Foundation

/// A folder with PostgreSQL's server programs, and their version.
struct PostgresPrograms: Hashable, Sendable {
    /// What a private cluster needs.
    static let required = ["initdb", "pg_ctl", "postgres"]

    let folder: String
    /// The major version, such as 15; data folders of another one cannot be opened.
    let major: Int

    func path(_ program: String) -> String { "\(folder)/\(program)" }

    /// Returns the installed servers, the preferred one first: `pg_config --bindir`, the search path, and
    /// `/usr/lib/postgresql/*/bin` from the newest; or only `override` when that is given.
    ///
    /// - Throws: ``EmbeddedClusterError/notInstalled(searched:)`` or, for `override`,
    ///   ``EmbeddedClusterError/programsMissing(folder:missing:)``.
    static func find(override: String?, searchPath: String) throws(EmbeddedClusterError) -> [PostgresPrograms] {
        if let folder = override {
            let missing = required.filter { access("\(folder)/\($0)", X_OK) != 0 }
            guard missing.isEmpty, let major = major(in: folder) else {
                throw .programsMissing(folder: folder, missing: missing)
            }
            return [PostgresPrograms(folder: folder, major: major)]
        }
        let path = searchPath.split(separator: ":").map(String.init)
        var folders: [String] = []
        let configs: [String] = path.map { "\($0)/pg_config" }
        if let config = configs.first(where: { access($0, X_OK) == 0 }),
            let outcome = try? Subprocess.run([config, "--bindir"], environment: [:]),  // A broken pg_config: look on.
            outcome.isSuccess
        {
            folders.append(outcome.output.trimmingTrailingNewlines)
        }
        folders += path
        let packages = "/usr/lib/postgresql"
        // Without the folder there are no such packages, which is an answer.
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: packages)) ?? []).compactMap { Int($0) }
        folders += versions.sorted(by: >).map { "\(packages)/\($0)/bin" }

        var found: [PostgresPrograms] = []
        for folder in folders where !found.contains(where: { $0.folder == folder }) {
            guard required.allSatisfy({ access("\(folder)/\($0)", X_OK) == 0 }), let major = major(in: folder) else {
                continue
            }
            found.append(PostgresPrograms(folder: folder, major: major))
        }
        guard !found.isEmpty else {
            throw .notInstalled(searched: ["pg_config --bindir"] + path + ["\(packages)/*/bin"])
        }
        return found
    }

    /// Reads 15 out of `postgres (PostgreSQL) 15.10 (Debian 15.10-0+deb12u1)`.
    private static func major(in folder: String) -> Int? {
        // A program that does not start is no candidate.
        guard let outcome = try? Subprocess.run(["\(folder)/postgres", "--version"], environment: [:]),
            let marker = outcome.output.range(of: "(PostgreSQL) ")
        else { return nil }
        return Int(outcome.output[marker.upperBound...].prefix { $0.isNumber })
    }
}
