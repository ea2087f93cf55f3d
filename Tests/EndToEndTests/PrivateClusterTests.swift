import Foundation
import Testing
import TradingTestKit

@Suite("The private PostgreSQL under bad conditions: handled, or explained with exit 4", .serialized)
struct PrivateClusterTests {
    @Test("Four programs start it at once on a fresh home; all are served by one server")
    func fourAtOnce() async throws {
        try await Home.with { home in
            let programs = try (0..<4).map { _ in try home.program.start(["status"]) }
            for program in programs {
                let outcome = await program.outcome()
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            #expect(try await home.value("SELECT count(*) FROM schema_migrations") != "0")
        }
    }

    @Test("A state folder that cannot be used: a file, below a file, not writable")
    func stateFolder() async throws {
        let (readOnly, removal) = try Self.readOnlyFolder()
        defer { removal() }
        try await Home.with { home in
            let file = try home.write("file", "")
            for (state, words) in [
                (file, "is a file, not a folder"), ("\(file)/state", "is a file, not a folder"), (readOnly, "denied"),
            ] {
                let other = BuiltProgram(
                    path: home.program.path,
                    folder: home.program.folder,
                    environment: home.program.environment.merging(["SMARTEXEC_HOME": state]) { $1 }
                )
                let outcome = try await other.run(["decide", "NVDA"])
                #expect(outcome.status == 4, "\(state): \(outcome.errors)")
                #expect(outcome.errors.contains(words), "\(state): \(outcome.errors)")
                #expect(outcome.errors.contains(state))
                #expect(outcome.errors.contains("set SMARTEXEC_HOME to another folder"), "\(outcome.errors)")
            }
        }
    }

    @Test("A long path, odd characters and a locale that does not exist are no obstacle")
    func oddSurroundings() async throws {
        let long = String(repeating: "long", count: 40)
        try await Home.with(["LC_ALL": "xx_YY.UTF-8", "LANG": "nowhere"]) { home in
            let state = "\(home.folder)/\(long)/sp ace';ü/\(long)"
            let odd = BuiltProgram(
                path: home.program.path,
                folder: home.program.folder,
                environment: home.program.environment.merging(["SMARTEXEC_HOME": state]) { $1 }
            )
            let outcome = try await odd.run(["status"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            // Where the data is below the home, what no tool of PostgreSQL can take is refused with a word.
            let shell = BuiltProgram(
                path: home.program.path,
                folder: home.program.folder,
                environment: home.program.environment.merging(["SMARTEXEC_HOME": "\(home.folder)/$(id)"]) { $1 }
            )
            if geteuid() != 0 {
                let refused = try await shell.run(["status"])
                #expect(refused.status == 4 && refused.errors.contains("dollar sign"), "\(refused.errors)")
            }
            let pointer = try JSONDecoder().decode(
                [String: String].self,
                from: Data(contentsOf: URL(fileURLWithPath: "\(state)/postgres.json"))
            )
            #expect(try await odd.run(["db", "stop"]).status == 0)
            let base = URL(fileURLWithPath: try #require(pointer["data"])).deletingLastPathComponent().path
            try FileManager.default.removeItem(atPath: base)
        }
    }

    @Test("Stale records after a reboot, a half-made cluster, wrong owners, another version")
    func afterwards() async throws {
        try await Home.with { home in
            #expect(try await home.run("kill-switch activate drill").status == 0)
            let data = try home.dataFolder
            let record = "\(data)/postmaster.pid"
            // What a power cut leaves: a number that now belongs to another program, to nobody, or nothing at all.
            for text in ["\(getpid())\n\(data)\n", "4194303\n\(data)\n", ""] {
                #expect(try await home.run("db stop").status == 0)
                try text.write(toFile: record, atomically: false, encoding: .utf8)
                try home.handOver(record)
                let outcome = try await home.run("kill-switch status")
                #expect(outcome.status == 0, "\(text): \(outcome.errors)")
                #expect(outcome.output.contains("drill"), "what was committed is there")
            }
            _ = try await home.run("db stop")

            try await refused(
                home,
                ["belongs to user", "chown -R"],
                break: { chown(data, 12_345, 12_345) == 0 || geteuid() != 0 }
            ) { try home.handOver(data) }
            try await refused(home, ["others than its owner", "chmod 700"], break: { chmod(data, 0o755) == 0 }) {
                _ = chmod(data, 0o700)
            }
            let version = try String(contentsOfFile: "\(data)/PG_VERSION", encoding: .utf8)
            let file = "\(data)/PG_VERSION"
            try await refused(
                home,
                [
                    "made by PostgreSQL 9,", "installed server is PostgreSQL", "apt-get install postgresql-9",
                    "pg_upgrade",
                ],
                break: { (try? "9\n".write(toFile: file, atomically: false, encoding: .utf8)) != nil }
            ) { try version.write(toFile: file, atomically: false, encoding: .utf8) }
            try await refused(
                home,
                ["is not empty and holds no PostgreSQL database", "Move it away"],
                break: { (try? "".write(toFile: file, atomically: false, encoding: .utf8)) != nil }
            ) { try version.write(toFile: file, atomically: false, encoding: .utf8) }

            // Nothing of all this has overwritten anything.
            #expect(try await home.run("kill-switch status").output.contains("drill"))
            _ = try await home.run("db stop")

            // An initdb that was killed half-way, in place of the data.
            let aside = "\(data).aside"
            try FileManager.default.moveItem(atPath: data, toPath: aside)
            try FileManager.default.createDirectory(atPath: "\(data).new", withIntermediateDirectories: true)
            try "half".write(toFile: "\(data).new/PG_VERSION", atomically: false, encoding: .utf8)
            #expect(try await home.run("status").status == 0)
            #expect(!FileManager.default.fileExists(atPath: "\(data).new"))
        }
    }

    /// Breaks something, expects exit 4 with the words, and repairs it.
    private func refused(_ home: Home, _ words: [String], break: () -> Bool, repair: () throws -> Void) async throws {
        _ = try await home.run("db stop")
        try #require(`break`())
        let outcome = try await home.run("status")
        try repair()
        // An ordinary account cannot give its files away, so there is nothing to see.
        if words.contains("chown -R"), geteuid() != 0 { return }
        #expect(outcome.status == 4, "\(words): \(outcome.errors)")
        for word in words { #expect(outcome.errors.contains(word), "'\(word)' is not in: \(outcome.errors)") }
    }

    /// A folder that may not be written, also not by root: there only the kernel's own folders are so.
    private static func readOnlyFolder() throws -> (path: String, remove: () -> Void) {
        guard geteuid() != 0 else { return ("/sys/kernel", {}) }
        let folder = NSTemporaryDirectory() + "smartexec-read-only-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o500]
        )
        return (folder, { _ = rmdir(folder) })
    }
}

extension Home {
    /// Gives a file of the cluster to the account that the server runs as, where that is another.
    fileprivate func handOver(_ path: String) throws {
        guard geteuid() == 0, let account = getpwnam("postgres") else { return }
        _ = chown(path, account.pointee.pw_uid, account.pointee.pw_gid)
    }
}
