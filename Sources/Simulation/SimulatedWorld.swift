import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import TradingDomain

/// One world: an account's engine with its journal, a hostile venue, a market, and people who ask for things.
///
/// Every step is drawn from the seed; after every one of them the checks look at everything.
struct SimulatedWorld {
    static let open = Timestamp(nanoseconds: 1_750_000_000_000_000_000)
    static let close = open + .seconds(1800)
    static let account = AccountID(unchecked: "world")
    /// Steps after the close before a parent that has not ended is a failure.
    private static let windDownMax = 4000
    private static let roundsMax = 1000
    /// From here on a halt's flatten is all that there is, so that it ends before the close.
    private static let lastFlatten = close - .seconds(900)

    let algorithm: AlgorithmName
    let seed: UInt64
    private let catalog: AlgorithmCatalog
    private let sabotage: Sabotage?
    private var random: WorldRandom
    /// For the connection to the venue.
    private var line: WorldRandom
    private var isConnected = true
    private var ground = MemoryJournal.Ground()
    private var journal: MemoryJournal
    private var lease: EngineLease
    private var core: EngineCore
    private var venue: HostileVenue
    private var checks: WorldChecks
    private var now = Self.open
    private var parents: [ParentOrderID] = []
    /// Orders of halts' flattens, which nobody asks anything of.
    private var flattens: [ParentOrderID] = []
    private var price = Price(units: 10_000_000_000)
    private var volume = 0
    private var workers = 1
    private var nextMarket = Self.open
    private let symbols: [Symbol]
    private let lots: [Quantity]

    init(
        algorithm: AlgorithmName,
        seed: UInt64,
        catalog: AlgorithmCatalog,
        sabotage: Sabotage?,
        isSecondRun: Bool
    ) async throws {
        self.algorithm = algorithm
        self.seed = seed
        self.catalog = catalog
        self.sabotage = sabotage
        random = WorldRandom(seed &+ (sabotage == .forgetSeed && isSecondRun ? 1 : 0))
        line = WorldRandom(seed ^ 0x3C3C)
        symbols = ["NVDA", "KO"].compactMap { Symbol($0) }
        lots = [Quantity(1), Quantity(10)]
        venue = HostileVenue(seed: seed)
        venue.overfills = sabotage == .overfill
        journal = MemoryJournal(ground, worker: "w1")
        lease = try await journal.acquire(Self.account, opening: WorldSetting.opening)
        core = try WorldSetting.core(
            catalog,
            lease,
            try await journal.load(Self.account),
            random.chance(500),
            at: Self.open
        )
        checks = WorldChecks(algorithm: algorithm, seed: seed)
    }

    /// Lives to its end.
    ///
    /// - Returns: Everything that was sent, as one number: equal worlds give equal numbers; and what happened, by kind.
    /// - Throws: ``SimulationFailure``.
    mutating func run() async throws -> (trace: UInt64, happenings: Set<String>) {
        try tick()
        for number in 0..<(1 + random.below(3)) { try await submit(number) }
        try await turn()
        while now < (await ground.halt.halt?.flattens == true ? Self.lastFlatten : Self.close) {
            step()
            try await happen()
            try await turn()
        }
        venue.isHostile = false
        if !isConnected { connect() }
        if await ground.halt.halt?.flattens == true { try await flatten() }
        venue.close(at: now)
        await ground.move(.deactivated(WorldSetting.haltID, reason: "over", by: "world", at: now))
        var rounds = 0
        while true {
            let open = try await journal.parents(parents + flattens).filter { !$0.state.isFinal }
            if open.isEmpty { break }
            guard let next = [core.nextWake, venue.nextAt].compactMap(\.self).min(), rounds < Self.windDownMax else {
                let states = open.map { "\($0.submission.id) \($0.state.rawValue)" }.joined(separator: ", ")
                throw checks.failure("end", "after \(rounds) steps of an honest venue: \(states)", at: now)
            }
            rounds += 1
            now = max(next, now)
            try await turn()
        }
        // The last comparison is with a venue that answers.
        now = now + .seconds(60)
        try await turn()
        try checks.checkEnd(core, venue, at: now)
        return (checks.trace, checks.happenings)
    }

    /// With a venue that is honest from now on, a halt's flatten ends with nothing held: by this engine, or by the next
    /// where this one has given up before.
    private mutating func flatten() async throws {
        for isLast in [false, true] {
            var rounds = 0
            while core.isProvingHalt {
                rounds += 1
                now = max([core.nextWake, venue.nextAt, nextMarket].compactMap(\.self).min() ?? nextMarket, now)
                guard now < Self.close, rounds < Self.windDownMax else {
                    throw checks.failure("RM-3", "the flatten does not end", at: now)
                }
                if now >= nextMarket { try tick() }
                try await turn()
            }
            let held = venue.positions.filter { !$0.value.isZero }
            if held.isEmpty { return }
            guard !isLast else { throw checks.failure("RM-3", "\(held) is held after the flatten", at: now) }
            try await takeOver()
        }
    }

    /// Time passes: to the next thing that is due, or a jump past many.
    private mutating func step() {
        let next = [core.nextWake, venue.nextAt, nextMarket].compactMap(\.self).min() ?? nextMarket
        now = max(next, now)
        if random.chance(4) { now = now + .seconds(30 + random.below(400)) }
        now = min(now, Self.close)
    }

    /// What somebody or something else does at this moment.
    private mutating func happen() async throws {
        if now >= nextMarket { try tick() }
        if line.chance(isConnected ? 4 : 60) { if isConnected { disconnect() } else { connect() } }
        guard random.chance(35) else { return }
        let parent = parents[random.below(parents.count)]
        switch random.below(20) {
        case 0...3: await ask(.pause, parent)
        case 4...8: await ask(.resume, parent)
        case 9...14: await amend(parent)
        case 15: if random.chance(300) { await ask(.cancel, parent) }
        case 16: if random.chance(150) { await halt() }
        default: try await takeOver()
        }
    }

    /// From now on nothing that the venue tells is heard.
    private mutating func disconnect() {
        isConnected = false
        core.apply(.disconnected(reason: "cut"), at: now)
        checks.met("disconnected")
    }

    private mutating func connect() {
        isConnected = true
        core.apply(.connected, at: now)
        checks.met("connected")
    }

    private mutating func submit(_ number: Int) async throws {
        let index = random.below(symbols.count)
        let submission = try WorldSetting.submission(
            number,
            Instrument(symbol: symbols[index], lot: lots[index]),
            algorithm,
            catalog,
            random: &random,
            at: now
        )
        parents.append(submission.id)
        core.apply(.submitted(submission), at: now)
    }

    /// The market moves: a quote, trades in a bar, and what works at the venue fills or not.
    private mutating func tick() throws {
        nextMarket = now + .milliseconds(2000 + random.below(14_000))
        price = max(price + Price(units: Int64(random.below(41) - 20) * 1_000_000), Price(units: 9_000_000_000))
        for symbol in symbols {
            let spread = Price(units: Int64(1 + random.below(5)) * 1_000_000)
            if random.chance(900) {
                let size = Quantity(random.below(3000))
                core.apply(
                    .market(
                        .quote(
                            Quote(
                                symbol: symbol,
                                at: now,
                                bid: price - spread,
                                bidSize: size,
                                ask: price,
                                askSize: size
                            )
                        )
                    ),
                    at: now
                )
            }
            volume += 1
            let traded = Trade(symbol: symbol, at: now, price: price, size: Quantity(1 + random.below(5000)))
            core.apply(.market(.trade(traded)), at: now)
            try checks.check(core, venue, parents + flattens, at: now)
            venue.market(symbol, at: now)
        }
    }

    private func ask(_ kind: ParentCommand.Kind, _ parent: ParentOrderID) async {
        await ground.request(ParentCommand(parent: parent, kind: kind, reason: "world"))
    }

    private mutating func amend(_ parent: ParentOrderID) async {
        guard let order = core.session(of: parent)?.parent else { return }
        var amendment = ParentAmendment()
        if random.chance(700) {
            let units = order.quantity.units / 100 * Int64(random.below(200))
            amendment.quantity = Quantity(units: units).rounded(
                toLot: random.chance(950) ? order.instrument.lot : Quantity(1)
            )
        }
        if random.chance(300) { amendment.endTime = now + .seconds(random.below(900) - 20) }
        if random.chance(300) {
            amendment.limitPrice = price + Price(units: Int64(random.below(600) - 300) * 1_000_000)
        }
        await ground.request(ParentCommand(parent: parent, kind: .amend, reason: "world", amendment: amendment))
    }

    private mutating func halt() async {
        let flattens = line.chance(500)
        let halt = Halt(id: WorldSetting.haltID, reason: "drill", by: "world", since: now, flattens: flattens)
        await ground.move(.activated(halt))
    }

    /// The engine dies, with whatever it had not committed, and another takes the account.
    private mutating func takeOver() async throws {
        await ground.bury("w\(workers)")
        workers += 1
        isConnected = true
        journal = MemoryJournal(ground, worker: "w\(workers)")
        lease = try await journal.acquire(Self.account, opening: WorldSetting.opening)
        core = try WorldSetting.core(catalog, lease, try await journal.load(Self.account), random.chance(500), at: now)
        checks.met("taken over")
        for symbol in symbols {
            core.apply(.market(.trade(Trade(symbol: symbol, at: now, price: price, size: Quantity(1)))), at: now)
        }
    }

    /// The engine's loop as `SmartExecutionEngine` turns it, with a look at everything after each input.
    private mutating func turn() async throws {
        venue.advance(to: now)
        var inputs = venue.takeReports(until: now)
        if !isConnected { inputs = [] }
        let controls = try await journal.controls(Self.account)
        core.apply(halt: controls.halt, at: now)
        for command in controls.commands { core.apply(.requested(command), at: now) }
        for _ in 0..<Self.roundsMax {
            for question in core.dueQuestions(at: now) {
                core.answered(question, venue.query(question.order, at: now), at: now)
                try checks.check(core, venue, parents + flattens, at: now)
            }
            try reconcile()
            for submission in core.takeFlattening() {
                flattens.append(submission.id)
                core.apply(.submitted(submission), at: now)
            }
            core.resumeRestored(at: now)
            for input in inputs {
                core.apply(.broker(input), at: now)
                try checks.check(core, venue, parents + flattens, at: now)
            }
            inputs = []
            core.fireTimers(at: now)
            try checks.check(core, venue, parents + flattens, at: now)
            guard var batch = core.takeBatch(at: now) else {
                return try await checks.checkDurable(core, ground, catalog, at: now)
            }
            spoil(&batch)
            let receipt = try await journal.commit(batch, lease)
            try checks.note(batch, receipt, spoiled: sabotage, at: now)
            // It may die between the commit and the send: nothing of it ever leaves.
            if random.chance(3) {
                try await takeOver()
                continue
            }
            for command in core.settle(receipt, at: now) { try send(command) }
            try checks.check(core, venue, parents + flattens, at: now)
        }
        throw checks.failure("end", "the engine does not come to rest", at: now)
    }

    /// Asks the venue for everything when that is due, as the engine's loop does.
    private mutating func reconcile() throws {
        if let symbols = core.dueCancelAll {
            core.cancelledAll(venue.cancelAll(symbols, at: now), .unsupported, at: now)
        }
        guard let since = core.dueReport(at: now) else { return }
        core.reconcile(venue.accountReport(since: since, at: now), at: now)
        try checks.check(core, venue, parents + flattens, at: now)
        for question in core.dueQuestions(at: now) {
            core.answered(question, venue.query(question.order, at: now), at: now)
        }
        try checks.check(core, venue, parents + flattens, at: now)
    }

    private mutating func send(_ command: BrokerCommand) throws {
        try checks.send(command, at: now)
        venue.send(command, at: now)
        if sabotage == .sendTwice, case .place = command { try checks.send(command, at: now) }
    }

    private func spoil(_ batch: inout EngineBatch) {
        switch sabotage {
        case .loseEvent: batch.events.removeAll { if case .child(_, .filled) = $0.event { true } else { false } }
        case .sendUncommitted: batch.intents = []
        case .overfill, .sendTwice, .loseEntry, .forgetSeed, nil: break
        }
    }
}
