import MarketData
import Testing
import TradingDomain

struct VolumeProfileTests {
    private let symbol: Symbol
    private let calendar = TradingCalendar.newYork

    init() throws { symbol = try Fixed.symbol("SPY") }

    private func close(_ actual: [Double], _ expected: [Double]) -> Bool {
        actual.count == expected.count
            && zip(actual, expected).allSatisfy { ($0 - $1).magnitude <= 1e-15 + 1e-12 * $1.magnitude }
    }

    @Test(arguments: ["schedules.json", "schedules_profile.json"])
    func meansEqualTheReference(_ file: String) throws {
        for item in try GoldenCases(file).cases("volume_profile_mean") {
            let inputs = try #require(item["inputs"] as? [String: Any])
            let volumes = try #require(inputs["volumes"] as? [[Double]])
            let expected = try #require(item["expected"] as? [String: Any])
            let shares = try #require(VolumeProfile.mean(of: volumes))
            #expect(close(shares, try #require(expected["profile"] as? [Double])), "\(item["id"] ?? "")")
        }
    }

    /// Learning from real half-hour volumes never sees the day itself, and uses fewer days where fewer exist.
    @Test func learningWalksForward() throws {
        let item = try #require(try GoldenCases("schedules_profile.json").cases("volume_profile_walk_forward").first)
        let inputs = try #require(item["inputs"] as? [String: Any])
        let market = try halfHours(
            try #require(inputs["dates"] as? [String]),
            try #require(inputs["volumes"] as? [[Int]])
        )
        let expected = try #require(item["expected"] as? [String: Any])
        let profiles = try #require(expected["profiles"] as? [[String: Any]])
        #expect(profiles.count == 4)
        for one in profiles {
            let date = try Fixed.day(#require(one["for_date"] as? String))
            let profile = try VolumeProfile.learn(source: market, symbol: symbol, calendar: calendar, before: date)
            #expect(profile.dates.map(\.description) == one["uses"] as? [String])
            let weights = profile.weights(from: .zero, to: .seconds(6.5 * 3600), bucket: .seconds(1800))
            #expect(close(weights, try #require(one["profile"] as? [Double])), "\(date)")
        }
    }

    @Test func halfDaysTruncateAndRenormalise() throws {
        let item = try #require(try GoldenCases("schedules_profile.json").cases("profile_truncate").first)
        let inputs = try #require(item["inputs"] as? [String: Any])
        let expected = try #require(item["expected"] as? [String: Any])
        let shares = try #require(inputs["profile"] as? [Double])
        let kept = VolumeProfile.truncated(shares, to: try #require(inputs["buckets"] as? Int))
        #expect(close(kept, try #require(expected["profile"] as? [Double])))
        let minutes = VolumeProfile(shares: shares.flatMap { [Double](repeating: $0 / 30, count: 30) })
        let fitted = minutes.fitted(to: .seconds(3.5 * 3600))
        #expect(close(fitted.weights(from: .zero, to: .seconds(3.5 * 3600), bucket: .seconds(1800)), kept))
        #expect(minutes.fitted(to: .seconds(6.5 * 3600)) == minutes)
    }

    private func halfHours(_ dates: [String], _ volumes: [[Int]]) throws -> ScriptedMarket {
        var bars: [MarketEvent] = []
        for (date, volumes) in zip(dates, volumes) {
            let session = try #require(try calendar.session(on: Fixed.day(date)))
            for (index, volume) in volumes.enumerated() {
                bars.append(.bar(.of(symbol, session.open + .seconds(1800 * index), seconds: 1800, volume: volume)))
            }
        }
        return ScriptedMarket(script: [symbol: bars])
    }

    @Test func withoutEarlierVolumeThereIsNoProfile() throws {
        for item in try GoldenCases("schedules.json").cases("volume_profile_error") {
            let inputs = try #require(item["inputs"] as? [String: Any])
            #expect(VolumeProfile.mean(of: try #require(inputs["volumes"] as? [[Double]])) == nil)
        }
        let market = try halfHours(["2013-10-07"], [[1, 2, 3]])
        let error = try #require(throws: MarketDataError.self) {
            try VolumeProfile.learn(
                source: market,
                symbol: symbol,
                calendar: calendar,
                before: Fixed.day("2013-10-07")
            )
        }
        #expect(error.code == "no_volume_profile")
        #expect(error.description.contains("SPY") && error.description.contains("2013-10-07"))
    }

    /// 2026-11-27 is a half day: its shape would count double in the morning.
    @Test func halfDaysTeachOnlyWhenAlone() throws {
        let market = try halfHours(["2026-11-25", "2026-11-27"], [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [7]])
        func dates(_ before: String, _ sessions: Int) throws -> [String] {
            try VolumeProfile.learn(
                source: market,
                symbol: symbol,
                calendar: calendar,
                before: Fixed.day(before),
                sessions: sessions
            ).dates.map(\.description)
        }
        #expect(try dates("2026-11-30", 5) == ["2026-11-25"])
        #expect(try dates("2026-11-30", 1) == ["2026-11-27"])
    }

    @Test func weightsProrateMinutesInPart() {
        let profile = VolumeProfile(shares: [0.1, 0.2, 0.3, 0.4])
        func weights(_ from: Double, _ to: Double, _ bucket: Double) -> [Double] {
            profile.weights(from: .seconds(from), to: .seconds(to), bucket: .seconds(bucket))
        }
        #expect(close(weights(0, 240, 60), [0.1, 0.2, 0.3, 0.4]))
        #expect(close(weights(0, 240, 120), [0.3, 0.7]))
        #expect(close(weights(30, 150, 60), [0.15, 0.25]))
        #expect(close(weights(0, 100, 60), [0.1, 0.2 * 40 / 60]))
        #expect(close(weights(180, 360, 60), [0.4, 0, 0]))
        #expect(close(weights(10, 20, 300), [0.1 / 6]))
        #expect(weights(60, 60, 60).isEmpty && weights(120, 60, 60).isEmpty)
    }

    /// Any cut into buckets keeps the sum.
    @Test(arguments: 0..<20)
    func weightsKeepTheirSum(_ seed: Int) {
        var random = Seeded(state: UInt64(seed))
        let volumes = (0..<390).map { _ in Double.random(in: 0...1, using: &random) }
        let profile = VolumeProfile(shares: VolumeProfile.mean(of: [volumes]) ?? [])
        let bucket = Double.random(in: 1...4000, using: &random)
        let weights = profile.weights(from: .zero, to: .seconds(390 * 60), bucket: .seconds(bucket))
        #expect((weights.reduce(0, +) - 1).magnitude < 1e-9)
        #expect(weights.allSatisfy { $0 >= 0 })
    }

    @Test func theGeneratedMarketHasAProfile() throws {
        let profile = try VolumeProfile.learn(
            source: GeneratedMarket(seed: 7),
            symbol: symbol,
            calendar: calendar,
            before: Fixed.day("2026-11-20")
        )
        #expect(profile.dates.count == 5 && profile.shares.count == 390)
        let hours = profile.weights(from: .zero, to: .seconds(390 * 60), bucket: .seconds(78 * 60))
        #expect(hours[0] > 1.3 * hours[2] && hours[4] > 1.3 * hours[2])
    }
}
