import ExecutionEngine
import Foundation
import MarketData
import TradingDomain

/// `scripts/bench replay`: market events per second through the engine's core, with TWAP parents at work and with
/// parents that have nothing to do.
@main
struct ReplayBenchmark {
    /// Quotes per second with 20 working parents.
    private static let aim = 1_500_000.0
    /// How much dearer a quote may be with 2000 idle parents than with 20: room for a noisy machine, none for a loop.
    private static let growthMax = 1.5

    private let isQuick: Bool
    private let quotes: RecordedQuotes
    private let desk: Desk

    static func main() {
        do {
            let benchmark = try ReplayBenchmark(Array(CommandLine.arguments.dropFirst()))
            exit(try benchmark.run() ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("replay: \(error)\n".utf8))
            exit(1)
        }
    }

    private init(_ arguments: [String]) throws {
        guard arguments.isEmpty || arguments == ["--quick"] else {
            throw BenchmarkFailure("unknown arguments \(arguments.joined(separator: " ")). Known: --quick")
        }
        isQuick = !arguments.isEmpty
        quotes = try RecordedQuotes(repeats: 10)
        guard case .quote(let first) = quotes.events[0] else { throw BenchmarkFailure("The first event is no quote.") }
        desk = Desk(instrument: quotes.instrument, open: quotes.start, price: first.mid)
    }

    private func run() throws -> Bool {
        let rounds = isQuick ? 2 : 5
        let minutes = Int(quotes.length.seconds / 60)
        say("\(quotes.events.count) quotes of \(desk.instrument.symbol) over \(minutes) min, best of \(rounds) rounds")
        say("\nTWAP parents at work, a slice a minute each; every child is acknowledged and filled at once at the touch")
        say(Measurement.header)
        var working: [Measurement] = []
        for parents in [20, 2000] {
            // The larger case takes seconds a round and is there to be seen, not to be judged.
            let best = try best(of: parents > 20 ? 1 : rounds) { try work(parents, minutes) }
            say(best.row)
            working.append(best)
        }
        say("\nTWAP parents that wait for a slice twelve hours away")
        say(Measurement.header)
        var idle: [Int: Measurement] = [:]
        for parents in [0, 20, 2000, 5000] {
            let best = try best(of: rounds) { try wait(parents) }
            say(best.row)
            idle[parents] = best
        }
        let board = try best(of: rounds) { foldIntoBoard() }
        return report(working[0], idle: idle, board)
    }

    private func report(_ working: Measurement, idle: [Int: Measurement], _ board: Measurement) -> Bool {
        let growth = (idle[2000]?.nanosecondsPerQuote ?? .infinity) / (idle[20]?.nanosecondsPerQuote ?? .infinity)
        let (ours, reference) = (working.quotesPerSecond, board.quotesPerSecond)
        say(String(format: "\nA quote costs %.2fx with 2000 idle parents what it costs with 20 (at most %.1fx).", growth, Self.growthMax))
        say(
            String(
                format: "replay: %.0f quotes/s with 20 TWAP parents, %.2fx folding them into a bare market board (%.0f/s) (aim %.0f)",
                ours,
                ours / reference,
                reference,
                Self.aim
            )
        )
        return ours >= Self.aim && growth <= Self.growthMax
    }

    /// Parents that slice all the time: one slice a minute until the recording's last minute.
    private func work(_ parents: Int, _ minutes: Int) throws -> Measurement {
        var replay = try start(parents, minutes: minutes, slices: minutes)
        let measured = try replay.measure(quotes.events, parents: parents)
        let filled = replay.core.results.values.count { $0.state == .filled }
        guard filled == parents, measured.work.slices == parents * (minutes - 1), measured.work.fills == measured.work.slices else {
            throw BenchmarkFailure("\(filled) of \(parents) parents filled, by \(measured.work.fills) fills of \(measured.work.slices) slices.")
        }
        return measured
    }

    /// Parents whose first of two slices has filled; the second comes after the recording.
    private func wait(_ parents: Int) throws -> Measurement {
        var replay = try start(parents, minutes: 1440, slices: 2)
        let measured = try replay.measure(quotes.events, parents: parents)
        guard replay.core.results.isEmpty, measured.work.slices == 0 else {
            throw BenchmarkFailure("\(measured.work.slices) slices came early, \(replay.core.results.count) parents ended.")
        }
        return measured
    }

    /// An engine whose parents are admitted, each with its first slice filled.
    private func start(_ parents: Int, minutes: Int, slices: Int) throws -> Replay {
        var replay = Replay(try desk.makeCore())
        replay.show(quotes.events[0])
        for number in 0..<parents {
            try replay.submit(desk.parent(number, minutes: minutes, slices: slices), at: desk.open)
        }
        guard replay.work.fills == parents else { throw BenchmarkFailure("\(replay.work.fills) of \(parents) parents began.") }
        return replay
    }

    private func foldIntoBoard() -> Measurement {
        var board = MarketBoard()
        let clock = ContinuousClock()
        let time = clock.measure {
            for event in quotes.events { board.apply(event) }
        }
        precondition(board.view(desk.instrument.symbol)?.quote?.at == quotes.events.last?.at, "the board is behind")
        return Measurement(parents: 0, quotes: quotes.events.count, time: time, work: Replay.Work())
    }

    private func best(of rounds: Int, _ measure: () throws -> Measurement) throws -> Measurement {
        var best = try measure()
        for _ in 1..<rounds {
            let next = try measure()
            if next.time < best.time { best = next }
        }
        return best
    }
}
