import CAllocations
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
        desk = Desk(instrument: quotes.instrument, open: quotes.start, price: quotes.price)
    }

    private func run() throws -> Bool {
        let rounds = isQuick ? 3 : 7
        say(
            "\(quotes.events.count) quotes of \(desk.instrument.symbol) in \(quotes.minutes) min; best of \(rounds) rounds."
        )
        say("Rates are of processor time, so that what else runs here does not count; wall time stands beside it.\n")
        say("TWAP parents at work, a slice a minute each; every child is acknowledged and filled at once at the touch:")
        say(Measurement.header)
        let working = try work(parents: 20, through: quotes, rounds: rounds)
        // There to be seen, not to be judged, and long: one round, and in a hurry through a shorter recording.
        _ = try work(parents: 2000, through: isQuick ? try RecordedQuotes(repeats: 2) : quotes, rounds: 1)
        say("\nTWAP parents that wait for a slice twelve hours away:")
        say(Measurement.header)
        let idle = try wait(parents: [0, 20, 2000, 20_000], rounds: rounds)
        var board: Measurement?
        for _ in 0..<rounds { board = .best(board, foldIntoBoard()) }
        let isLean = try countAllocations()
        return report(working, idle, board?.quotesPerSecond ?? .infinity) && isLean
    }

    /// Counts what asks for memory while quotes are followed and nothing is due, after a tenth of the recording.
    ///
    /// - Returns: Whether nothing did.
    private func countAllocations() throws -> Bool {
        let before = allocation_count()
        _ = [UInt8](repeating: 0, count: Int.random(in: 1000...2000)).withUnsafeBytes { $0.count }
        guard allocation_count() > before else {
            throw BenchmarkFailure("Allocations are not counted on this machine.")
        }
        let warm = quotes.events.count / 10
        var isLean = true
        for parents in [0, 20, 2000] {
            var replay = try start(parents, minutes: 1440, slices: 2)
            try replay.follow(quotes.events[..<warm])
            let first = allocation_count()
            try replay.follow(quotes.events[warm...])
            let counted = allocation_count() - first
            let each = Double(counted) / Double(quotes.events.count - warm)
            say(
                String(
                    format: "Allocations per quote with %d idle parents: %.6f (%d in all; aim 0)",
                    parents,
                    each,
                    counted
                )
            )
            isLean = isLean && counted == 0
        }
        return isLean
    }

    /// - Returns: Whether the aims are reached.
    private func report(_ working: Measurement, _ idle: [Int: Measurement], _ reference: Double) -> Bool {
        let growth = (idle[2000]?.nanosecondsPerQuote ?? .infinity) / (idle[20]?.nanosecondsPerQuote ?? .infinity)
        let figure = working.quotesPerSecond
        let limit = String(format: "%.2fx (at most %.1fx)", growth, Self.growthMax)
        say("\nA quote costs with 2000 idle parents, against with 20: \(limit)")
        let ratio = String(format: "%.2fx a bare market board's %.0f", figure / reference, reference)
        say(String(format: "replay: %.0f quotes/s, ", figure) + ratio + String(format: " (aim %.0f)", Self.aim))
        return figure >= Self.aim && growth <= Self.growthMax
    }

    /// Parents that slice all the time: one slice a minute until the recording's last minute.
    private func work(parents: Int, through quotes: RecordedQuotes, rounds: Int) throws -> Measurement {
        let minutes = quotes.minutes
        let start = try start(parents, minutes: minutes, slices: minutes)
        var best: Measurement?
        for _ in 0..<rounds {
            var replay = start
            let measured = try replay.measure(quotes.events, parents: parents)
            let filled = replay.core.results.values.count { $0.state == .filled }
            let work = measured.work
            // The first slice of each is filled before the clock starts.
            guard filled == parents, work.slices == parents * (minutes - 1), work.fills == work.slices else {
                throw BenchmarkFailure(
                    "\(filled) of \(parents) parents filled; \(work.fills) fills of \(work.slices) slices."
                )
            }
            best = .best(best, measured)
        }
        guard let best else { throw BenchmarkFailure("Nothing was measured.") }
        say(best.row)
        return best
    }

    /// Parents whose first of two slices has filled; the second comes after the recording.
    private func wait(parents counts: [Int], rounds: Int) throws -> [Int: Measurement] {
        let starts = try counts.map { ($0, try start($0, minutes: 1440, slices: 2)) }
        var best: [Int: Measurement] = [:]
        // Round by round over all of them, so that a disturbance does not meet one alone.
        for _ in 0..<rounds {
            for (parents, start) in starts {
                var replay = start
                let measured = try replay.measure(quotes.events, parents: parents)
                guard replay.core.results.isEmpty, measured.work.slices == 0 else {
                    throw BenchmarkFailure("\(measured.work.slices) slices came early with \(parents) idle parents.")
                }
                best[parents] = .best(best[parents], measured)
            }
        }
        for count in counts { say(best[count]?.row ?? "") }
        return best
    }

    /// An engine whose parents are admitted, each with its first slice filled.
    private func start(_ parents: Int, minutes: Int, slices: Int) throws -> Replay {
        var replay = Replay(try desk.makeCore())
        replay.show(quotes.events[0])
        for number in 0..<parents {
            try replay.submit(desk.parent(number, minutes: minutes, slices: slices), at: desk.open)
        }
        guard replay.work.fills == parents else {
            throw BenchmarkFailure("\(replay.work.fills) of \(parents) parents began.")
        }
        return replay
    }

    /// The reference: the same quotes into the latest state of the market, and nothing else.
    private func foldIntoBoard() -> Measurement {
        var board = MarketBoard()
        let (wall, start) = (ContinuousClock.now, ProcessorClock.now)
        for event in quotes.events { board.apply(event) }
        let time = ProcessorClock.now - start
        let took = ContinuousClock.now - wall
        precondition(board.view(desk.instrument.symbol)?.quote?.at == quotes.events.last?.at, "the board is behind")
        return Measurement(parents: 0, quotes: quotes.events.count, wall: took, time: time, work: Replay.Work())
    }
}
