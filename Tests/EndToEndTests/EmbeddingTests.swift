import Foundation
import Testing
import TradingTestKit

@Suite("The embedding example")
struct EmbeddingTests {
    @Test("Runs as its readers run it, and prints what the database holds")
    func example() async throws {
        try await Home.with { home in
            let example = BuiltProgram(
                path: BuiltProgram.path(of: "EmbeddingExample"),
                folder: home.folder,
                environment: [
                    "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home.folder,
                ]
            )
            let outcome = try await example.run(["state"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.first == "NVDA SUCCESS ")
            let fills = try await home.rows(
                "SELECT quantity::text AS quantity, price::text AS price FROM fills ORDER BY traded_at_ns",
                columns: ["quantity", "price"]
            )
            #expect(!fills.isEmpty)
            let printed = lines.dropFirst().dropLast()
            #expect(printed.count == fills.count)
            for (line, fill) in zip(printed, fills) {
                let words = line.split(separator: " ")
                #expect(Decimal(string: String(words[1])) == Decimal(string: fill[0]))
                #expect(Decimal(string: String(words[3])) == Decimal(string: fill[1]))
            }
            let source = try String(
                contentsOfFile: "\(Home.root)/Examples/Embedding/Sources/Embedding/main.swift",
                encoding: .utf8
            )
            #expect(source.split(separator: "\n").count <= 10, "the README promises ten lines")
        }
    }
}
