import Foundation
import Testing
import TradingDomain
import Workflows
import YAMLNodes

@Suite("Hostile files")
struct FuzzTests {
    @Test("Mutated files give diagnostics, never a crash, and every place lies in its file", arguments: UInt64(0)..<80)
    func mutations(seed: UInt64) throws {
        var fuzzer = try Fuzzer(
            seed: seed,
            corpus: ["process-ticker", "watchlist", "single-decision"].map(Fixtures.good)
        )
        for _ in 0..<60 { fuzzer.file() }
        #expect(fuzzer.problems.isEmpty, "seed \(seed): \(fuzzer.problems)")
    }

    @Test("Random expressions give a value or an error with its place, never a crash", arguments: UInt64(0)..<20)
    func expressions(seed: UInt64) throws {
        var fuzzer = try Fuzzer(seed: seed, corpus: [])
        for _ in 0..<100 { fuzzer.expression() }
        #expect(fuzzer.problems.isEmpty, "seed \(seed): \(fuzzer.problems)")
    }

    /// `scripts/fuzz-workflows` sets it.
    private static let seconds = ProcessInfo.processInfo.environment["SMARTEXEC_FUZZ_SECONDS"].flatMap(Int.init) ?? 0

    @Test("A long run: parser, validator, interpreter and expressions", .enabled(if: seconds > 0))
    func long() throws {
        let seed = ProcessInfo.processInfo.environment["SMARTEXEC_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
        let files = try Fixtures.corpus()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var total = Fuzzer.Figures()
        var round: UInt64 = 0
        while ContinuousClock.now < end {
            var fuzzer = try Fuzzer(seed: seed &* 1_000_003 &+ round, corpus: files)
            for _ in 0..<200 where ContinuousClock.now < end {
                fuzzer.file()
                fuzzer.expression()
                fuzzer.expression()
            }
            total.add(fuzzer.figures)
            #expect(fuzzer.problems.isEmpty, "SMARTEXEC_FUZZ_SEED=\(seed), round \(round): \(fuzzer.problems)")
            guard fuzzer.problems.isEmpty else { break }
            round += 1
        }
        let memory = Self.peakMegabytes
        print(
            "fuzz: seed \(seed), \(Self.seconds) s, \(files.count) files: \(total.files) mutants (\(total.valid) valid and "
                + "run to their end), \(total.expressions) expressions (\(total.values) with a value), slowest "
                + "\(total.slowest), peak memory \(memory) MB"
        )
        #expect(total.slowest < .seconds(5))
        #expect(memory < 1024)
    }

    /// Peak resident memory of this process.
    private static var peakMegabytes: Int {
        // Elsewhere than on Linux there is nothing to check.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropLast().last).flatMap { Int($0) }.map { $0 / 1024 } ?? 0
    }

    @Test(
        "Large files of one pattern end quickly",
        .timeLimit(.minutes(15)),
        arguments: [
            "[", "{a: ", "- ", "? ", "a: &a b\n", "\"", "'", "a", "a ", "a: b\n", "[a],", "{a: b},", "|\n a\n",
            "${{ 1 + ", "!a ", "#",
        ]
    )
    func patterns(_ pattern: String) {
        for prefix in ["", "x: [", "format: 1\nworkflow: t\nsteps:\n  - id: a\n    if: "] {
            let count = (200_000 - prefix.utf8.count) / pattern.utf8.count
            let text = prefix + String(repeating: pattern, count: count)
            let result = Fixtures.compile(text)
            #expect(result.bundle == nil && result.hasErrors)
            #expect(result.diagnostics.rendered.utf8.count < 200_000)
        }
    }

    @Test("Random bytes give diagnostics, never a crash", arguments: UInt64(0)..<20)
    func randomBytes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let diagnostics = Diagnostics()
            _ = YAMLReader.read(bytes: bytes, name: "fuzz", into: diagnostics)
            for diagnostic in diagnostics.items { #expect(!diagnostic.rendered.isEmpty) }
        }
    }
}
