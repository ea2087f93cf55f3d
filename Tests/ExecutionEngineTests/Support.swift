import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import Portfolio
import RiskRules
import TradingDomain

enum Sample {
    static let open = Timestamp(nanoseconds: 1_750_000_000_000_000_000)
    static let close = open + .seconds(6 * 3600)
    static let account = AccountID(unchecked: "test")
    static let nvda = symbol("NVDA")
    static let aapl = symbol("AAPL")

    static func symbol(_ text: String) -> Symbol {
        guard let symbol = Symbol(text) else { preconditionFailure("\(text) is a symbol") }
        return symbol
    }

    static func at(_ seconds: Int) -> Timestamp { open + .seconds(seconds) }
    static func money(_ whole: Int) -> Money { Money(units: Int128(whole) * 100_000_000, .usd) }
    static func price(_ cents: Int) -> Price { Price(units: Int64(cents) * 1_000_000) }
    static func parentID(_ letter: String) -> ParentOrderID {
        ParentOrderID(unchecked: String(repeating: letter, count: 16))
    }

    static func bar(_ symbol: Symbol, _ cents: Int = 10_000, at time: Timestamp = open) -> MarketEvent {
        .bar(
            Bar(
                symbol: symbol,
                start: time - .seconds(60),
                end: time,
                open: price(cents),
                high: price(cents),
                low: price(cents),
                close: price(cents),
                volume: Quantity(10_000)
            )
        )
    }

    static func submission(
        _ letter: String = "a",
        _ symbol: Symbol = nvda,
        side: Side = .buy,
        quantity: Int = 100,
        urgency: Urgency = .critical,
        choice: AlgorithmChoice = .byUrgency,
        at time: Timestamp = open
    ) -> ParentSubmission {
        ParentSubmission(
            id: parentID(letter),
            account: account,
            order: ProposedOrder(
                instrument: Instrument(symbol: symbol),
                side: side,
                quantity: Quantity(quantity),
                referencePrice: price(10_000),
                urgency: urgency,
                urgencySource: "test",
                note: "test"
            ),
            choice: choice,
            run: nil,
            stepPath: nil,
            submittedAt: time,
            seed: 7
        )
    }

    static func fill(_ order: ChildOrder, _ quantity: Quantity, trade: String, at time: Timestamp) -> Fill {
        let price = price(10_000)
        let notional = order.instrument.notional(price, quantity)
        return Fill(
            account: account,
            symbol: order.instrument.symbol,
            tradeID: TradeID(unchecked: trade),
            clientOrderID: order.id,
            side: order.side,
            quantity: quantity,
            price: price,
            notional: notional,
            commission: .zero(.usd),
            tradedAt: time
        )
    }

    static let halt = Halt(id: HaltID(unchecked: "h"), reason: "drill", by: "test", since: open)

    static func configuration(
        _ limits: RiskLimits,
        slippage: SlippageSettings = .standard,
        history: HistoryStatistics? = nil
    ) -> EngineConfiguration {
        var configuration = EngineConfiguration(
            environment: .backtest,
            currency: .usd,
            dayOpen: open,
            instrument: { Instrument(symbol: $0) },
            limits: limits
        )
        configuration.slippage = slippage
        configuration.history = { _, _ in history }
        return configuration
    }

    static func limits(requireCash: Bool = true) throws -> RiskLimits {
        try RiskLimits(maxPositionPercent: FixedDecimal(100), requireCash: requireCash)
    }
}

/// Open from `Sample.open` to `Sample.close`, as a market without surprises.
struct Hours: TradingHours {
    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        if time < Sample.open { return .closed(nextOpen: Sample.open) }
        if time >= Sample.close { return .closed(nextOpen: Sample.open + .seconds(86_400)) }
        return .open(since: Sample.open, until: Sample.close)
    }
}

struct FlatForecast: VolumeForecast {
    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        HistoryStatistics(dailyVolume: 1_000_000, minuteVolume: 2_500, dailyVolatility: 0.02, dates: [])
    }

    struct Missing: Error, CustomStringConvertible { let description = "no earlier session" }

    var isKnown = true

    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        guard isKnown else { throw Missing() }
        let count = ((end - start).nanoseconds + bucket.nanoseconds - 1) / bucket.nanoseconds
        return [Double](repeating: 1, count: Int(count))
    }
}

/// A core with a journal that keeps every batch, driven by hand.
struct CoreBench {
    var core: EngineCore
    var batches: [EngineBatch] = []
    var sent: [BrokerCommand] = []
    var halt = HaltState.inactive
    /// As the journal has it; a batch enters it.
    var safeMode: SafeMode?
    /// Names that the next receipt refuses though nobody asked for them.
    var strangers: [ClientOrderID] = []
    /// Commands that no batch has marked done.
    private(set) var commands: [RequestedCommand] = []
    private var requests: Int64 = 0
    /// Refuses the next batch's intents with this code.
    var refuseNext: String?
    private var records: [ParentOrderID: ParentRecord] = [:]
    private var order: [ParentOrderID] = []
    private var ledger: [LedgerEntry] = []
    private(set) var slippages: [SlippageRecord] = []
    private let configuration: EngineConfiguration
    private let catalog: AlgorithmCatalog

    init(_ limits: RiskLimits, forecast: FlatForecast = FlatForecast()) throws {
        try self.init(Sample.configuration(limits), forecast: forecast)
    }

    init(
        _ configuration: EngineConfiguration,
        forecast: FlatForecast = FlatForecast(),
        catalog: AlgorithmCatalog = AlgorithmCatalog()
    ) throws {
        self.configuration = configuration
        self.catalog = catalog
        let opening = try LedgerEntry(
            account: Sample.account,
            kind: .openingBalance,
            reference: "opening",
            at: Sample.open,
            cashChange: Sample.money(100_000)
        )
        ledger = [opening]
        core = Self.core(
            configuration,
            catalog,
            forecast,
            AccountState(ledger: ledger, open: [], halt: .inactive, clock: nil),
            1
        )
    }

    private static func core(
        _ configuration: EngineConfiguration,
        _ catalog: AlgorithmCatalog,
        _ forecast: FlatForecast,
        _ state: AccountState,
        _ epoch: Int64
    ) -> EngineCore {
        EngineCore(
            configuration: configuration,
            router: OrderRouting(hours: Hours(), forecast: forecast, catalog: catalog),
            catalog: catalog,
            lease: EngineLease(
                account: Sample.account,
                epoch: epoch,
                worker: "w",
                incarnation: Incarnation(bits: UInt32(epoch))
            ),
            state: state,
            at: state.clock ?? Sample.open
        )
    }

    /// Hands a parent to admission, as the engine's `submit` does.
    mutating func submit(_ submission: ParentSubmission, at now: Timestamp) {
        core.apply(records[submission.id] == nil ? .submitted(submission) : .recorded(submission), at: now)
    }

    /// Leaves a parent in the journal that no engine has looked at.
    mutating func record(_ submission: ParentSubmission) {
        records[submission.id] = ParentRecord(submission: submission)
        order.append(submission.id)
    }

    /// Commits what there is until nothing is left, and returns what leaves.
    @discardableResult
    mutating func turn(at now: Timestamp) -> [BrokerCommand] {
        var left: [BrokerCommand] = []
        core.resumeRestored(at: now)
        core.fireTimers(at: now)
        while let batch = core.takeBatch(at: now) {
            batches.append(batch)
            for submission in batch.submissions where records[submission.id] == nil { record(submission) }
            commands.removeAll { batch.done.contains($0.number) }
            safeMode = safeMode ?? batch.safeMode
            var receipt = BatchReceipt(halt: halt, commands: commands, safeMode: safeMode)
            for stranger in strangers { receipt.refused[stranger] = IntentRefusal(code: "X", message: "refused") }
            strangers = []
            for intent in batch.intents {
                let isHalted = !halt.allows(.place(flatteningFor: intent.flattens))
                guard let code = refuseNext ?? (isHalted ? "KILL_SWITCH" : nil) else { continue }
                receipt.refused[intent.order.id] = IntentRefusal(code: code, message: "refused")
            }
            refuseNext = nil
            store(batch, receipt)
            left += core.settle(receipt, at: now)
            core.fireTimers(at: now)
        }
        sent += left
        return left
    }

    private mutating func store(_ batch: EngineBatch, _ receipt: BatchReceipt) {
        ledger += batch.ledger
        slippages += batch.slippages
        for update in batch.parents {
            guard var record = records[update.id] else { continue }
            record.state = update.state
            record.admission = update.admission ?? record.admission
            record.snapshot = update.snapshot ?? record.snapshot
            record.result = update.result
            records[update.id] = record
        }
        let accepted = batch.intents.filter { receipt.refused[$0.order.id] == nil }
        for event in (batch.events + accepted.map(\.event)).sorted(by: { $0.sequence < $1.sequence }) {
            records[event.parent]?.events.append(event)
        }
    }

    /// Records what somebody asks of a parent, for the next batch's receipt.
    mutating func request(_ kind: ParentCommand.Kind, _ letter: String) {
        request(ParentCommand(parent: Sample.parentID(letter), kind: kind, reason: "by hand"))
    }

    mutating func request(_ command: ParentCommand) {
        requests += 1
        commands.append(RequestedCommand(number: requests, command: command))
    }

    /// The engine dies, and another takes the account with what is durable.
    mutating func takeOver(at now: Timestamp) {
        let open = order.compactMap { records[$0] }.filter { !$0.state.isFinal }
        core = Self.core(
            configuration,
            catalog,
            FlatForecast(),
            AccountState(
                ledger: ledger,
                open: open,
                halt: halt,
                commands: commands,
                slippages: slippages.suffix(SlippageController.window),
                safeMode: safeMode,
                clock: now
            ),
            core.nextEpoch
        )
        sent = []
    }

    /// Changes what is stored of a parent.
    mutating func spoil(_ letter: String, _ change: (inout ParentRecord) -> Void) {
        if var record = records[Sample.parentID(letter)] {
            change(&record)
            records[Sample.parentID(letter)] = record
        }
    }

    mutating func spoilSnapshot(_ letter: String) {
        records[Sample.parentID(letter)]?.snapshot = AlgorithmSnapshot(kind: "Gone", version: 1, state: "{}")
    }

    func record(_ letter: String) -> ParentRecord? { records[Sample.parentID(letter)] }
    func result(_ letter: String) -> ExecutionResult? { core.results[Sample.parentID(letter)] }
    var placed: [ChildOrder] { sent.placed }
    var alerts: [String] { batches.flatMap(\.alerts).map(\.code) }
}

extension EngineCore {
    /// Each takeover in these tests draws another incarnation.
    fileprivate var nextEpoch: Int64 { 2 }
}

extension [BrokerCommand] {
    var placed: [ChildOrder] {
        compactMap { command in
            guard case .place(let order) = command else { return nil }
            return order
        }
    }

    var cancelled: [ClientOrderID] {
        compactMap { command in
            guard case .cancel(let id, _) = command else { return nil }
            return id
        }
    }
}
