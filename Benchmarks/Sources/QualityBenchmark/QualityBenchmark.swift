import ExecutionAlgorithms
import Foundation
import MarketData
import TradingDomain

/// `scripts/bench quality`: how near VWAP, TWAP and POV come to the market's own average price, session by session.
@main
struct QualityBenchmark {
    /// Orders are this share of the volume that earlier sessions let expect.
    private static let share = 0.001
    /// And at most so many units: the venue's impact (SE-3) goes by count, so that more would measure it and not the schedule.
    private static let unitsMax = 20_000.0

    /// One way of working the same order.
    private struct Contender {
        let title: String
        let name: AlgorithmName
        var parameters = AlgorithmParameters()
    }

    private let isQuick: Bool

    static func main() {
        do {
            let benchmark = try QualityBenchmark(Array(CommandLine.arguments.dropFirst()))
            exit(try benchmark.run() ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("quality: \(error)\n".utf8))
            exit(1)
        }
    }

    private init(_ arguments: [String]) throws {
        guard arguments.isEmpty || arguments == ["--quick"] else {
            throw BenchmarkFailure("unknown arguments \(arguments.joined(separator: " ")). Known: --quick")
        }
        isQuick = !arguments.isEmpty
    }

    private func run() throws -> Bool {
        let contenders = Self.contenders()
        say(
            "Orders of 0.1 % of the volume expected, 20,000 units at most, from a session's first price to its close, in turn"
        )
        say("bought and sold, the volume learned from up to five sessions before;")
        say("the average price paid against the market's over the same time, in basis points without sign.\n")
        say(Score.header(contenders.map(\.title)))
        var score = Score(count: contenders.count)
        var unfilled: [String] = []
        for data in try Self.dataSets(isQuick) {
            var part = Score(count: contenders.count)
            for (number, day) in try data.days().enumerated() {
                let events = try Self.events(day)
                let side: Side = number.isMultiple(of: 2) ? .buy : .sell
                let quantity = Self.quantity(day)
                let outcomes = try contenders.map { contender in
                    var trial = try Trial(day)
                    var parameters = contender.parameters
                    if contender.name == .pov { parameters.participationPercent = Self.rate(quantity, day) }
                    return try trial.run(contender.name, parameters, side, quantity, events)
                }
                if !isQuick { say(Score.row(day.name, outcomes.map(\.trackingBps))) }
                // Where nobody trades, nobody is nearer.
                if outcomes.allSatisfy({ $0.trackingBps.isInfinite }) {
                    unfilled.append(day.name)
                } else {
                    part.add(day.name, outcomes)
                }
            }
            say(part.summary(data.title))
            score.add(part)
        }
        say("")
        say(score.table(contenders.map(\.title)))
        if !unfilled.isEmpty {
            say("Left out, since nothing fills in them, as without quotes: \(unfilled.joined(separator: ", "))")
        }
        return report(score)
    }

    /// - Returns: Whether the aim is reached.
    private func report(_ score: Score) -> Bool {
        let (vwap, twap) = (score.median(0), score.median(2))
        let wins = score.wins(0, against: 2)
        say("\nVWAP is nearer than TWAP in \(wins) of \(score.sessions) sessions; further in:")
        for line in score.losses(0, against: 2).prefix(isQuick ? 5 : 12) { say("  " + line) }
        let ratio = vwap / twap
        say(
            String(format: "quality: %.2f bps median tracking error of VWAP, %.2fx TWAP (aim below 1.00x)", vwap, ratio)
        )
        return ratio < 1
    }

    private static func contenders() -> [Contender] {
        var twap = Contender(title: "TWAP", name: .twap)
        twap.parameters.durationMinutes = 1440  // To the close, a slice a minute.
        return [
            Contender(title: "VWAP", name: .vwap), Contender(title: "VWAP_DYNAMIC", name: .vwapDynamic), twap,
            Contender(title: "POV", name: .pov),
        ]
    }

    /// The shared recordings; in a hurry those that are read quickly.
    private static func dataSets(_ isQuick: Bool) throws -> [DataSet] {
        let data = try sharedData()
        let quick = [
            ("equity, minutes", ["equity-minute"]), ("futures, minutes", ["futures-minute"]),
        ]
        let slow = [
            ("crypto, minutes", ["crypto-bars/ftx_BTC-PERP_20211231-20220123_trade_1m.csv.gz"]),
            (
                "crypto, five minutes",
                ["ADA-BTC", "ETH-BTC", "LTC-BTC", "TRX-BTC", "XLM-BTC"].map {
                    "crypto-bars/\($0)_20180110-20180130_trade_5m.csv.gz"
                }
            ),
            ("equity, seconds", ["equity-second"]), ("equity, ticks", ["equity-tick"]),
        ]
        return try (isQuick ? quick : quick + slow).map { title, paths in
            try DataSet(title, paths.map { "\(data)/\($0)" })
        }
    }

    private static func sharedData() throws -> String {
        let package = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
        let path = "\(ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"] ?? "\(package)/../shared")/data"
        guard FileManager.default.fileExists(atPath: path) else {
            throw BenchmarkFailure("There is no \(path). Set SMARTEXEC_SHARED to the folder of the shared data.")
        }
        return path
    }

    private static func events(_ day: MarketDay) throws -> [MarketEvent] {
        let symbol = day.instrument.symbol
        var feed = try MergedFeed(
            source: day.data.market,
            symbols: [symbol],
            from: day.session.open,
            to: day.session.close
        )
        var events: [MarketEvent] = []
        while let event = try feed.next() { events.append(event) }
        return events
    }

    private static func quantity(_ day: MarketDay) -> Quantity {
        let lot = day.instrument.lot
        let wanted = min(day.history.dailyVolume * share, unitsMax) / lot.approximate
        return Quantity(units: max(1, Int64(wanted.rounded())) * lot.units)
    }

    /// The rate at which POV does as much on a day of the expected volume.
    private static func rate(_ quantity: Quantity, _ day: MarketDay) -> FixedDecimal {
        let percent = quantity.approximate / day.history.dailyVolume * 100
        return FixedDecimal(units: max(1, Int128((percent * Double(FixedDecimal.scale)).rounded())))
    }
}

/// Prints a line at once, also into a file.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

/// Why a benchmark measured nothing that counts.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
