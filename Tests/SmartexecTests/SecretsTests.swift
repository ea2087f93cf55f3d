import Foundation
import Testing
import YAMLNodes

@testable import smartexec

@Suite("Secrets in the configuration")
struct SecretsTests {
    @Test(
        "A secret in a YAML file is refused, named by its variable, and never shown",
        arguments: [
            ("accounts:\n  paper:\n    api_key: hunter2\n", "SMARTEXEC__ACCOUNTS__PAPER__API_KEY"),
            (
                "accounts: { paper: { api-secret: \"hunter2\", unknown: 1 } }\n",
                "SMARTEXEC__ACCOUNTS__PAPER__API_SECRET"
            ),
            ("database:\n  url: postgres://u:hunter2@host/db\n", "SMARTEXEC_DATABASE_URL"),
            ("database: { url: 'postgres://host/db?user=u&password=hunter2' }\n", "SMARTEXEC_DATABASE_URL"),
            ("database: { password: hunter2 }\n", "SMARTEXEC_DATABASE_URL"),
            ("agents: { web: { kind: http, url: 'http://u:hunter2@h/' } }\n", "SMARTEXEC__AGENTS__WEB__URL"),
            ("token: |\n  hunter2\n  hunter2\nlog: { level: x }\n", "SMARTEXEC__TOKEN"),
            ("secret:\n  - hunter2\n  - { a: hunter2 }\n", "SMARTEXEC__SECRET"),
        ]
    )
    func refused(_ text: String, _ variable: String) throws {
        let failure = try Workplace(["config/config.yaml": text]).failure()
        #expect(failure.diagnostics.contains { $0.rule == "secret" && $0.help?.contains("set \(variable) in") == true })
        #expect(!failure.description.contains("hunter2"))
    }

    @Test("A file that cannot be parsed shows no secret either")
    func brokenFile() throws {
        let text = "database: { password: hunter2, : ] }\nurl: postgres://u:hunter2@h/ ]]\n"
        let failure = try Workplace(["config/config.yaml": text]).failure()
        #expect(!failure.description.contains("hunter2"))
    }

    @Test(
        "A wrong variable is named without its value",
        arguments: [
            "SMARTEXEC__DATABSE__URL", "SMARTEXEC__DATABASE", "SMARTEXEC__MARKET__API_KEY", "SMARTEXEC__AGENTS__TOKEN",
        ]
    )
    func wrongVariable(_ name: String) throws {
        for value in ["postgres://u:hunter2@host/db", "password=hunter2"] {
            let failure = try Workplace().failure([name: value])
            #expect(failure.description.contains(name))
            #expect(!failure.description.contains("hunter2"))
        }
    }

    @Test("The database's URL comes from the environment or .env, is masked when shown, and the variable wins")
    func databaseURL() throws {
        let place = try Workplace(["config/config.yaml": "database: { url: postgres://file@h/db }\n"])
        #expect(try place.load().configuration.database.url == "postgres://file@h/db")
        try place.write(".env", "# secrets\n\nexport SMARTEXEC_DATABASE_URL=\"postgres://u:hunter2@h/db\"\nOTHER=1\n")
        let loaded = try place.load(["SMARTEXEC__DATABASE__URL": "postgres://other@h/db", "OTHER": "2"])
        #expect(loaded.configuration.database.url == "postgres://u:hunter2@h/db")
        #expect(loaded.variables["OTHER"] == "2")
        let shown = try #require(loaded.settings.first { $0.key == "database.url" })
        #expect(shown.value == "postgres://u:***@h/db")
        #expect(shown.source == ".env:3 SMARTEXEC_DATABASE_URL")
        let back = try place.load(["SMARTEXEC_DATABASE_URL": "", "SMARTEXEC__DATABASE__URL": ""])
        #expect(back.configuration.database.url == nil)
    }

    @Test("A .env file that others may read, or with a line that is no assignment, is refused")
    func dotEnv() throws {
        let place = try Workplace()
        try place.write(".env", "A=1\n", mode: 0o644)
        #expect(
            try place.failure().diagnostics.map(\.message) == ["others may read this file: its mode is 644, not 600"]
        )
        try place.write(".env", "A=1\nhunter2 hunter2\n")
        let failure = try place.failure()
        #expect(failure.diagnostics.map(\.range.place) == [".env:2:1"])
        #expect(!failure.description.contains("hunter2"))
    }

    @Test(
        "Passwords are masked",
        arguments: [
            ("postgres://u:p@h/db", "postgres://u:***@h/db"),
            ("postgresql://u:p/w@h/db", "postgresql://u:***@h/db"),
            ("postgres://u@h:5432/db", "postgres://u@h:5432/db"),
            ("see http://a:b@c and http://d:80/x@y", "see http://a:***@c and http://d:80/x@y"),
            ("host=h password=p@ss user=u", "host=h password=*** user=u"),
            ("postgres://u:@h/db", "postgres://u:@h/db"),
            ("nothing: here", "nothing: here"),
        ]
    )
    func masking(_ text: String, _ masked: String) { #expect(Secrets.masked(text) == masked) }

    @Test(
        "Which names are secrets",
        arguments: [
            ("api_key", true), ("API-KEY", true), ("binance_api_secret", true), ("token", true), ("password", true),
            ("max_tokens", false), ("key", false), ("account", false), ("seed", false), ("calendar_file", false),
        ]
    )
    func names(_ name: String, _ isSecret: Bool) { #expect(Secrets.isSecretName(name) == isSecret) }

    /// A linear congruential generator, so that a failing seed can be run again (Knuth's MMIX constants).
    private struct SeededGenerator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
    }

    @Test("However a file is broken, loading ends with findings or a value, and never shows its secret")
    func brokenAnyhow() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let url = root.deletingLastPathComponent().appendingPathComponent("config/config.yaml")
        let shipped = try String(contentsOf: url, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        let secrets = [
            "api_key: hunter2", "url: postgres://u:hunter2@h/db", "token: 'hunter2 hunter2'", "x: {password: hunter2}",
        ]
        let place = try Workplace()
        for seed in UInt64(0)..<300 {
            var random = SeededGenerator(state: seed)
            var lines = shipped.map(String.init)
            let indentation = String(repeating: " ", count: Int.random(in: 0...4, using: &random))
            let secret = secrets[Int.random(in: 0..<secrets.count, using: &random)]
            lines.insert(indentation + secret, at: Int.random(in: 0...lines.count, using: &random))
            var text = Array(lines.joined(separator: "\n"))
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                // Not inside the secret's name or value: a misspelt name is no secret's name any more.
                let index = Int.random(in: 0..<text.count, using: &random)
                let line = text[..<index].lastIndex(of: "\n").map { $0 + 1 } ?? 0
                guard !String(text[line...].prefix { $0 != "\n" }).contains("hunter2") else { continue }
                text[index] = Array(":{}[]\"'#- \n|>&*a0").randomElement(using: &random) ?? "x"
            }
            try place.write("config/config.yaml", String(text))
            do throws(ConfigurationFailure) {
                let loaded = try place.load()
                // Only inside a block of text or behind a `#` is it nobody's value.
                #expect(!loaded.settings.contains { $0.value.contains("hunter2") }, "seed \(seed)")
            } catch {
                #expect(!error.diagnostics.isEmpty, "seed \(seed)")
                #expect(!error.description.contains("hunter2"), "seed \(seed)\n\(error)")
            }
        }
    }

    @Test("An agent may be called after a secret")
    func agentName() throws {
        let place = try Workplace(["config/config.yaml": "agents: { token-watcher: { kind: momentum } }\n"])
        let agents = try place.load(["SMARTEXEC__AGENTS__TOKEN_WATCHER__LOOKBACK": "9"]).configuration.agents
        guard case .momentum(let agent) = agents["token-watcher"] else {
            Issue.record("\(String(describing: agents["token-watcher"]))")
            return
        }
        #expect(agent.lookback == 9)
    }
}
