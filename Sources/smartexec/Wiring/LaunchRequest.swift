import Assembly
import ExecutionEngine
import Foundation
import MarketData
import PaperTrading
import RiskRules
import TradingDomain

/// What the command line asked for, before the session is known.
struct LaunchRequest: Sendable {
    var account: String?
    var data: [String]
    var session: String?
    var clock: String?
    var seed: UInt64?

    init(_ global: GlobalOptions, _ market: MarketOptions) {
        account = global.account
        data = market.data
        session = market.session
        clock = market.clock
        seed = market.seed
    }

    /// A request that chooses nothing but, perhaps, the clock: the rest comes from the run that is resumed.
    init(clock: String?) {
        data = []
        self.clock = clock
    }

    /// A new run where an earlier one was: a replayed session again, on the generated market the account's next one.
    init(like launch: Launch, clock: String?) {
        account = launch.account
        data = launch.data
        session = launch.isGenerated ? nil : "\(launch.session)"
        self.clock = clock ?? launch.clock
        seed = launch.seed
    }

    /// Chooses the session: the one asked for, else on the generated market the one after the account's last.
    func launch(
        _ configuration: Configuration,
        lastRun: (AccountID) async throws -> Timestamp?
    ) async throws -> Launch {
        let name = account ?? configuration.account
        if let venue = configuration.accounts[name]?.venue { return try launch(name, at: venue) }
        let paths = data.isEmpty ? (configuration.market.source == .files ? configuration.market.data : []) : data
        if configuration.market.source == .files, paths.isEmpty {
            throw CommandFailure(.usage, "`market.source` is files, but no data is named. Give --data FOLDER.")
        }
        let mode = clock ?? configuration.clock?.description ?? "virtual"
        guard ClockMode(mode) != nil else {
            throw CommandFailure(.usage, "'\(mode)' is no clock. Give --clock virtual, real or a multiple such as 60x.")
        }
        var asked: CalendarDate?
        if let session {
            guard let date = CalendarDate(session) else {
                throw CommandFailure(.usage, "'\(session)' is no date. Give --session as 2019-02-15.")
            }
            asked = date
        }
        var launch = Launch(
            account: name,
            data: paths.map { $0.hasPrefix("/") ? $0 : FileManager.default.currentDirectoryPath + "/" + $0 },
            seed: seed ?? configuration.market.seed,
            session: CalendarDate(daysSinceEpoch: 0),
            clock: mode
        )
        if let date = asked ?? configuration.market.session {
            launch.session = date
        } else if launch.isGenerated {
            launch.session = try await nextSession(launch, configuration, lastRun)
        } else {
            throw CommandFailure(.usage, "Which session of \(paths.joined(separator: ", "))? Give --session DATE.")
        }
        return launch
    }

    /// A run at a venue: now, by the wall clock, on its own market.
    private func launch(_ account: String, at venue: VenueConfiguration) throws -> Launch {
        let given = [
            (!data.isEmpty, "--data"), (session != nil, "--session"), (seed != nil, "--seed"),
            (clock != nil && clock != "real", "--clock \(clock ?? "")"),
        ]
        if let (_, option) = given.first(where: \.0) {
            throw CommandFailure(
                .usage,
                "Account \(account) trades at \(venue.title), now and by the wall clock; \(option) is for simulated markets. "
                    + "Leave it out, or choose another --account."
            )
        }
        return Launch(
            account: account,
            data: [],
            seed: 0,
            session: Timestamp.wallClock.utcDate,
            clock: "real",
            venue: venue.fingerprint
        )
    }

    /// The market that is asked for, when no account's past chooses its session: the generated one's first, then.
    func market(_ configuration: Configuration) async throws -> MarketFloor {
        try floor(try await launch(configuration) { _ in nil }, configuration)
    }

    /// The launch of a stored run; only the clock may be chosen anew.
    func again(_ stored: String) throws -> Launch {
        var launch = try Launch(stored: stored)
        if let clock {
            guard ClockMode(clock) != nil else {
                throw CommandFailure(
                    .usage,
                    "'\(clock)' is no clock. Give --clock virtual, real or a multiple such as 60x."
                )
            }
            launch.clock = clock
        }
        return launch
    }

    /// The market of a launch.
    func floor(_ launch: Launch, _ configuration: Configuration) throws -> MarketFloor {
        if launch.venue != nil, let venue = configuration.accounts[launch.account]?.venue {
            let hours = try MarketHours(default: "24/7")
            return MarketFloor(
                source: UnopenedVenue(title: venue.title, fingerprint: venue.fingerprint),
                hours: hours,
                session: try hours.session(on: Timestamp.wallClock.utcDate),
                isLiving: true
            )
        }
        let hours = try MarketHours(
            default: configuration.market.calendar,
            file: configuration.market.calendarFile
        )
        let source: any MarketSource =
            launch.isGenerated
            ? GeneratedMarket(seed: launch.seed)
            : try FileMarket(paths: launch.data) { instrument, time in
                if case .open = hours.phase(of: instrument, at: time) { true } else { false }
            }
        return MarketFloor(source: source, hours: hours, session: try hours.session(on: launch.session))
    }

    private func nextSession(
        _ launch: Launch,
        _ configuration: Configuration,
        _ lastRun: (AccountID) async throws -> Timestamp?
    ) async throws -> CalendarDate {
        let hours = try MarketHours(
            default: configuration.market.calendar,
            file: configuration.market.calendarFile
        )
        let source = GeneratedMarket(seed: launch.seed)
        let account = launch.namespace(source)
        // The generated market's own first day: any fixed day would do.
        let before = try await lastRun(account).map(hours.date) ?? CalendarDate(year: 2026, month: 1, day: 1)
        guard let before else { preconditionFailure("2026-01-01 is a date") }
        return try hours.nextSession(after: before).date
    }
}

extension ClockMode {
    /// Market seconds in one of the wall clock; `nil` in virtual time.
    var speed: Int? {
        switch self {
        case .virtual: nil
        case .real: 1
        case .accelerated(let factor): factor
        }
    }

    var pace: Pace {
        switch self {
        case .virtual: .virtual
        case .real: .paced(1)
        case .accelerated(let factor): .paced(factor)
        }
    }
}

extension SimulationConfiguration {
    func fillModel(seed: UInt64) -> FillModel {
        var model = FillModel(seed: seed)
        model.participationPercent = participationPercent
        model.commissionRate = commissionRate
        model.latencyNanoseconds = latency.nanoseconds
        if latencyShape != .fixed { model.commandLatency = latencyModel(median: latency) }
        if latencyShape != .fixed || reportLatency != nil {
            model.reportLatency = latencyModel(median: reportLatency ?? latency)
        }
        model.assumedSpreadBps = spreadBps
        return model
    }

    private func latencyModel(median: Duration) -> LatencyModel {
        let median = median.nanoseconds
        let least = latencyMin?.nanoseconds ?? median / 5
        let most = max(least, latencyMax?.nanoseconds ?? 20 * median)
        return switch latencyShape {
        case .fixed: .fixed(median)
        case .uniform: .uniform(least: least, most: most)
        case .lognormal:
            .logNormal(median: median, spread: latencySpread?.approximate ?? 0.5, least: least, most: most)
        }
    }
}

extension AccountConfiguration {
    /// The account's sets of limits by name, none looser than its own.
    func riskLimitSets() throws -> [String: RiskLimits] {
        try limitSets.mapValues { set in
            var tightened = self
            tightened.limits = set.tightening(limits)
            return try tightened.riskLimits()
        }
    }

    func riskLimits() throws -> RiskLimits {
        try RiskLimits(
            maxPositionPercent: limits.maxPositionPercent,
            maxOrderNotional: limits.maxOrderNotional?.amount,
            maxOrderQuantity: limits.maxOrderQuantity,
            maxDailyLossPercent: limits.maxDailyLossPercent,
            maxGrossExposurePercent: limits.maxGrossExposurePercent,
            priceCollarBps: limits.priceCollarBps,
            cashReservePercent: limits.cashReservePercent,
            restricted: limits.restricted,
            allowShort: allowShort,
            maxOpenParents: limits.maxOpenParents,
            shrinkToFit: limits.shrinkToFit,
            sellsFundBuys: true
        )
    }
}
