import Foundation
import Testing
import TradingAgents
import TradingDomain

@Suite("Intake guard")
struct IntakeGuardTests {
    private static let now = time("2026-11-20T14:31:10Z")

    /// A context in which the contract's example passes, to be changed by tests.
    private static func context(_ change: (inout IntakeContext) -> Void = { _ in }) -> IntakeContext {
        let aapl = symbol("AAPL")
        var context = IntakeContext(
            now: now,
            authenticatedAgent: AgentID(unchecked: "trend-v2"),
            profile: AgentProfile(id: AgentID(unchecked: "trend-v2")),
            account: AccountID(unchecked: "paper-main@x"),
            accountName: "paper-main",
            environment: .paper,
            halt: .clear,
            prior: IntakeContext.Prior.none,
            instruments: [aapl: .found(Instrument(symbol: aapl), inUniverse: true, .open)],
            holdings: [:],
            equity: decimal("100000"),
            prices: [aapl: .init(bid: price("189.40"), ask: price("189.44"), at: now - .seconds(1))],
            urgency: .init(urgency: .high, source: .decision)
        )
        change(&context)
        return context
    }

    private static func decision(_ change: (inout TradingDecision) -> Void = { _ in }) throws -> TradingDecision {
        var decision = try DecisionParser().parse(bytes(Documents.trade))
        change(&decision)
        return decision
    }

    private static func traded(_ change: (inout TradeIntent) -> Void) throws -> TradingDecision {
        try decision { decision in
            guard case .trade(var trade) = decision.body else { return }
            change(&trade)
            decision.body = .trade(trade)
        }
    }

    private static func sized(_ action: TradeIntent.Action, _ size: SizeBasis?) throws -> TradingDecision {
        try traded {
            $0.action = action
            $0.size = size
        }
    }

    private static func held(_ held: String, working: String = "0") -> @Sendable (inout IntakeContext) -> Void {
        { $0.holdings = [symbol("AAPL"): .init(held: quantity(held), working: quantity(working))] }
    }

    @Test("The contract's example passes every gate in order, visibly")
    func passes() throws {
        let verdict = IntakeGuard.evaluate(try Self.decision(), Self.context())
        #expect(verdict.isAccepted)
        #expect(verdict.outcome.status == nil)
        #expect(
            verdict.checks.map(\.gate)
                == [.agent, .idempotency, .environment, .halt, .time, .instrument, .action, .size, .price]
        )
        #expect(verdict.checks.allSatisfy { $0.verdict == .pass })
        #expect(verdict.checks.last?.limit == "75 bps")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let gate: IntakeCheck.Gate
        let code: IntakeCode
        let status: String
        let decision: @Sendable () throws -> TradingDecision
        let context: @Sendable () -> IntakeContext
        var testDescription: String { name }

        init(
            _ name: String,
            _ gate: IntakeCheck.Gate,
            _ code: IntakeCode,
            _ status: String = "REJECTED",
            _ decision: @escaping @Sendable () throws -> TradingDecision,
            in context: @escaping @Sendable (inout IntakeContext) -> Void = { _ in }
        ) {
            self.name = name
            self.gate = gate
            self.code = code
            self.status = status
            self.decision = decision
            self.context = { IntakeGuardTests.context(context) }
        }

        init(
            _ name: String,
            _ gate: IntakeCheck.Gate,
            _ code: IntakeCode,
            _ status: String = "REJECTED",
            in context: @escaping @Sendable (inout IntakeContext) -> Void
        ) {
            self.init(name, gate, code, status, { try IntakeGuardTests.decision() }, in: context)
        }
    }

    fileprivate static let aapl = symbol("AAPL")
    private static let prior = IntakeContext.PriorOutcome(
        decision: DecisionID(unchecked: "dec-first"),
        status: "SUCCESS",
        message: "filled 26"
    )

    static let refusals: [Case] = [
        // Gate 3
        Case("no such agent", .agent, .agentUnknown) { $0.profile = nil },
        Case(
            "another agent's name",
            .agent,
            .agentUnknown,
            "REJECTED",
            { try decision { $0.agent.id = AgentID(unchecked: "x") } }
        ),
        Case("disabled", .agent, .agentDisabled) { $0.profile?.isEnabled = false },
        Case("another account", .agent, .notPermitted) { $0.accountName = "other" },
        Case("account not allowed", .agent, .notPermitted) { $0.profile?.allowedAccounts = ["x"] },
        Case("class not allowed", .agent, .notPermitted) { $0.profile?.allowedAssetClasses = [.crypto] },
        Case("breaker", .agent, .notPermitted) { $0.breakerIsOpen = true },
        Case(
            "own CRITICAL opens on live",
            .agent,
            .notPermitted,
            "REJECTED",
            { try decision { $0.environment = .live } }
        ) {
            $0.environment = .live
            $0.urgency = .init(urgency: .critical, source: .decision)
        },
        Case("too many CRITICAL", .agent, .notPermitted, "REJECTED", { try decision { $0.environment = .live } }) {
            $0.environment = .live
            $0.urgency = .init(urgency: .critical, source: .decision)
            $0.profile?.criticalMayOpen = true
            $0.criticalToday = 3
        },
        // Gate 4
        Case("same again", .idempotency, .duplicate, "SUCCESS") { $0.prior = .same(prior) },
        Case("other under the key", .idempotency, .idempotencyConflict) { $0.prior = .other(prior) },
        Case("lookup unreadable", .idempotency, .unreadable) { $0.prior = nil },
        // Gate 5
        Case("paper decision, live account", .environment, .environment) { $0.environment = .live },
        Case("halted", .halt, .halted, "BLOCKED") { $0.halt = .halted(reason: "operator") },
        Case("halt unreadable", .halt, .halted, "BLOCKED") { $0.halt = nil },
        // Gate 6
        Case("made in the future", .time, .fromFuture) { $0.now = time("2026-11-20T14:30:59Z") },
        Case(
            "data after decision",
            .time,
            .fromFuture,
            "REJECTED",
            { try decision { $0.asOf = $0.createdAt + .nanoseconds(1) } }
        ),
        Case(
            "seen after cut-off",
            .time,
            .fromFuture,
            "REJECTED",
            { try traded { $0.reference?.observedAt = time("2026-11-20T14:30:01Z") } }
        ),
        Case("expired to the nanosecond", .time, .expired) { $0.now = time("2026-11-20T14:46:05Z") },
        Case("a file of another year", .time, .expired) { $0.now = time("2031-01-02T15:00:00Z") },
        Case(
            "valid too long",
            .time,
            .validityTooLong,
            "REJECTED",
            { try decision { $0.validUntil = $0.createdAt + .seconds(86_401) } }
        ),
        Case("stale", .time, .staleInput) { $0.profile?.maximumStalenessSeconds = 69 },
        // Gate 7
        Case("unknown symbol", .instrument, .symbolUnknown) { $0.instruments = [:] },
        Case("ambiguous symbol", .instrument, .symbolAmbiguous) {
            $0.instruments = [aapl: .ambiguous(["XNAS", "XLON"])]
        },
        Case("instruments unreadable", .instrument, .unreadable) { $0.instruments = nil },
        Case("not in universe", .instrument, .notInUniverse) {
            $0.instruments = [aapl: .found(Instrument(symbol: aapl), inUniverse: false, .open)]
        },
        Case("closed", .instrument, .notTradable) {
            $0.instruments = [
                aapl: .found(Instrument(symbol: aapl), inUniverse: true, .closed(nextOpen: now + .seconds(60)))
            ]
        },
        Case("halted name", .instrument, .notTradable) {
            $0.instruments = [aapl: .found(Instrument(symbol: aapl), inUniverse: true, .suspended("news pending"))]
        },
        Case("currency", .instrument, .currency) { $0.accountCurrency = .krw },
        Case(
            "reference in another currency",
            .instrument,
            .currency,
            "REJECTED",
            { try traded { $0.reference?.currency = .krw } }
        ),
        Case("another venue", .instrument, .symbolUnknown, "REJECTED", { try traded { $0.venue = "XLON" } }),
        Case("another class", .instrument, .symbolUnknown, "REJECTED", { try traded { $0.assetClass = .crypto } }),
        // Gate 8
        Case(
            "SELL of nothing",
            .action,
            .nothingToSell,
            "REJECTED",
            { try sized(.sell, .deltaPercentOfEquity(decimal("100"))) }
        ),
        Case("SELL of a short", .action, .nothingToSell, "REJECTED", { try sized(.sell, .all) }, in: held("-5")),
        Case("COVER of a long", .action, .nothingToSell, "REJECTED", { try sized(.cover, .all) }, in: held("5")),
        Case(
            "SELL of what is being sold",
            .action,
            .nothingToSell,
            "REJECTED",
            { try sized(.sell, .all) },
            in: held("5", working: "5")
        ),
        Case("CLOSE of nothing", .action, .alreadyAtTarget, "HOLD", { try sized(.close, nil) }),
        Case("SHORT", .action, .shortDisabled, "REJECTED", { try sized(.short, .deltaPercentOfEquity(decimal("5"))) }),
        Case("HOLD", .action, .hold, "HOLD", { try sized(.hold, nil) }),
        Case("positions unreadable", .action, .unreadable) { $0.holdings = nil },
        // 100 × 189.42 = 18.942 % of equity.
        Case(
            "BUY to below what is held",
            .action,
            .alreadyAtTarget,
            "HOLD",
            { try sized(.buy, .targetPercentOfEquity(decimal("18.942"))) },
            in: held("100")
        ),
        Case(
            "SELL to above what is held",
            .action,
            .alreadyAtTarget,
            "HOLD",
            { try sized(.sell, .targetPercentOfEquity(decimal("18.942"))) },
            in: held("100")
        ),
        Case(
            "target without equity",
            .action,
            .unreadable,
            "REJECTED",
            { try sized(.buy, .targetPercentOfEquity(decimal("5"))) }
        ) { $0.equity = nil },
        // Gate 9
        Case(
            "0.05 meant as five percent",
            .size,
            .sizeLooksLikeFraction,
            "REJECTED",
            { try sized(.buy, .deltaPercentOfEquity(decimal("0.05"))) }
        ),
        Case(
            "zero percent",
            .size,
            .belowMinimum,
            "REJECTED",
            { try sized(.buy, .deltaPercentOfEquity(decimal("0"))) }
        ),
        Case("more than the agent may", .size, .sizeRange, "REJECTED") {
            $0.profile?.maximumSizePercent = decimal("4.99")
        },
        Case("BUY of all", .size, .sizeRange, "REJECTED", { try sized(.buy, .all) }),
        Case(
            "BUY of a share of the position",
            .size,
            .sizeRange,
            "REJECTED",
            { try sized(.buy, .percentOfPosition(decimal("50"))) },
            in: held("5")
        ),
        Case(
            "notional above the agent's",
            .size,
            .sizeRange,
            "REJECTED",
            { try sized(.buy, .notional(decimal("5000.01"))) }
        ) { $0.profile?.maximumSizePercent = decimal("5") },
        Case("shares above the agent's", .size, .sizeRange, "REJECTED", { try sized(.buy, .shares(quantity("27"))) }) {
            $0.profile?.maximumSizePercent = decimal("5")
        },
        Case("no shares", .size, .belowMinimum, "REJECTED", { try sized(.buy, .shares(quantity("0"))) }),
        Case(
            "below the venue's minimum",
            .size,
            .belowMinimum,
            "REJECTED",
            { try sized(.buy, .notional(decimal("9.99"))) }
        ) {
            let least = Money(units: 1_000_000_000, .usd)
            $0.instruments = [aapl: .found(Instrument(symbol: aapl, minimumNotional: least), inUniverse: true, .open)]
        },
        Case("equity unreadable", .size, .unreadable) { $0.equity = nil },
        // Gate 12
        Case("no price", .price, .noPrice) { $0.prices = [:] },
        Case("stale price", .price, .noPrice) { $0.prices[aapl]?.at = now - .seconds(91) },
        Case("price of the future", .price, .noPrice) { $0.prices[aapl]?.at = now + .seconds(1) },
        Case("crossed book", .price, .noPrice) { $0.prices[aapl]?.bid = price("189.45") },
        Case("zero bid", .price, .noPrice) { $0.prices[aapl]?.bid = .zero },
        Case("zero last", .price, .noPrice) { $0.prices[aapl] = .init(last: .zero, at: now) },
        Case("zero reference", .price, .noPrice, "REJECTED", { try traded { $0.reference?.price = .zero } }),
        // 75 bps of 189.42 is 1.42065: a middle of 190.84065 is the last that passes.
        Case("drift", .price, .priceDrift) { $0.prices[aapl] = .init(last: price("190.84066"), at: now) },
        Case("drift downwards", .price, .priceDrift) { $0.prices[aapl] = .init(last: price("187.99934"), at: now) },
        Case(
            "drift above the decision's own limit",
            .price,
            .priceDrift,
            "REJECTED",
            { try traded { $0.limits?.maxDriftBps = 1 } }
        ) {
            $0.prices[aapl] = .init(last: price("189.45"), at: now)
        },
        Case("drift by urgency", .price, .priceDrift) {
            $0.prices[aapl] = .init(last: price("190.60"), at: now)
            $0.urgency = .init(urgency: .critical, source: .caller)
        },
    ]

    @Test("Each gate refuses with its code, and nothing after it is looked at", arguments: refusals)
    func refuses(_ item: Case) throws {
        let verdict = IntakeGuard.evaluate(try item.decision(), item.context())
        #expect(verdict.code == item.code, "\(verdict)")
        #expect(verdict.checks.last?.gate == item.gate)
        #expect(verdict.outcome.status == item.status)
        #expect(!verdict.isAccepted)
        #expect(verdict.checks.dropLast().allSatisfy { !["REFUSE", "NO_ACTION"].contains($0.verdict.rawValue) })
        #expect(!verdict.message.isEmpty)
    }

    @Test(
        "What may pass passes",
        arguments: [
            Case("drift at the limit", .price, .hold) { $0.prices[aapl] = .init(last: price("190.84065"), at: now) },
            Case(
                "SELL of a part",
                .price,
                .hold,
                "",
                { try sized(.sell, .percentOfPosition(decimal("50"))) },
                in: held("10", working: "9")
            ),
            Case(
                "SELL to zero",
                .price,
                .hold,
                "",
                { try sized(.sell, .targetPercentOfEquity(decimal("0"))) },
                in: held("10")
            ),
            Case(
                "BUY to a hair above",
                .price,
                .hold,
                "",
                { try sized(.buy, .targetPercentOfEquity(decimal("18.943"))) },
                in: held("100")
            ),
            Case("COVER", .price, .hold, "", { try sized(.cover, .all) }, in: held("-3")),
            Case("CLOSE", .price, .hold, "", { try sized(.close, nil) }, in: held("3")),
            Case("shares within the agent's", .price, .hold, "", { try sized(.buy, .shares(quantity("26"))) }) {
                $0.profile?.maximumSizePercent = decimal("5")
            },
            Case("caller's CRITICAL on live", .price, .hold, "", { try decision { $0.environment = .live } }) {
                $0.environment = .live
                $0.urgency = .init(urgency: .critical, source: .caller)
            },
            Case("paper decision in a backtest", .price, .hold) { $0.environment = .backtest },
            Case("clock five seconds behind", .price, .hold) {
                $0.now = time("2026-11-20T14:31:00Z")
                $0.prices[aapl]?.at = $0.now
            },
            Case("breaker, but reducing", .price, .hold, "", { try sized(.sell, .all) }) {
                $0.breakerIsOpen = true
                $0.holdings = [aapl: .init(held: quantity("5"))]
            },
        ]
    )
    func accepts(_ item: Case) throws {
        let verdict = IntakeGuard.evaluate(try item.decision(), item.context())
        #expect(verdict.isAccepted, "\(verdict)")
    }

    @Test("Getting out is not refused for drift, only flagged")
    func reducing() throws {
        let context = Self.context {
            $0.holdings = [Self.aapl: .init(held: quantity("5"))]
            $0.prices[Self.aapl] = .init(last: price("150"), at: Self.now)
        }
        let verdict = IntakeGuard.evaluate(try Self.sized(.sell, .all), context)
        #expect(verdict.isAccepted)
        #expect(verdict.checks.last?.verdict == .flag)
        #expect(verdict.checks.last?.code == .priceDrift)
    }

    @Test("A duplicate brings the first outcome, also while halted and after it expired")
    func duplicate() throws {
        let context = Self.context {
            $0.prior = .same(Self.prior)
            $0.halt = .halted(reason: "x")
            $0.now = time("2026-11-21T14:00:00Z")
        }
        let verdict = IntakeGuard.evaluate(try Self.decision(), context)
        #expect(verdict.outcome == .duplicate(Self.prior))
        #expect(verdict.message == "filled 26")
    }

    @Test("ABSTAIN asks for nothing and is ABSTAIN")
    func abstention() throws {
        let decision = try Self.decision { $0.body = .abstain(.init(code: .timeout, message: "late")) }
        let verdict = IntakeGuard.evaluate(decision, Self.context { $0.instruments = nil })
        #expect(verdict.outcome.status == "ABSTAIN")
        #expect(verdict.message == "TIMEOUT: late")
    }

    @Test("The message of an expired or a future row says how to replay it")
    func replay() throws {
        for year in ["2019", "2031"] {
            let context = Self.context { $0.now = time("\(year)-02-15T15:00:00Z") }
            let message = IntakeGuard.evaluate(try Self.decision(), context).message
            #expect(message.contains("leave their time columns out"))
            #expect(message.contains("\(year)-02-15T15:00:00Z"))
        }
    }

    @Test("A verdict is stored and read back")
    func coding() throws {
        let verdict = IntakeGuard.evaluate(try Self.decision(), Self.context { $0.prior = .same(Self.prior) })
        #expect(try JSONDecoder().decode(IntakeVerdict.self, from: JSONEncoder().encode(verdict)) == verdict)
    }
}

@Suite("Intake guard on target weights")
struct TargetGateTests {
    private static let now = time("2026-11-20T14:31:10Z")

    private func verdict(_ document: String = Documents.targets, _ change: (inout IntakeContext) -> Void = { _ in })
        throws
        -> IntakeVerdict
    {
        let id = AgentID(unchecked: "balanced-6040")
        let symbols = ["SPY", "AGG", "TSLA"].map(symbol)
        var context = IntakeContext(
            now: Self.now,
            authenticatedAgent: id,
            profile: AgentProfile(id: id),
            account: AccountID(unchecked: "paper"),
            accountName: "paper",
            environment: .paper,
            halt: .clear,
            prior: IntakeContext.Prior.none,
            instruments: Dictionary(
                uniqueKeysWithValues: symbols.map { ($0, .found(Instrument(symbol: $0), inUniverse: true, .open)) }
            ),
            holdings: [symbol("TSLA"): .init(held: quantity("10")), symbol("SPY"): .init(held: quantity("1"))],
            equity: decimal("100000"),
            prices: Dictionary(uniqueKeysWithValues: symbols.map { ($0, .init(last: price("100"), at: Self.now)) }),
            urgency: .init(urgency: .low, source: .decision)
        )
        change(&context)
        return IntakeGuard.evaluate(try DecisionParser().parse(bytes(document)), context)
    }

    @Test("The contract's rebalance passes")
    func passes() throws { #expect(try verdict().isAccepted) }

    @Test(
        "What is wrong with weights is refused",
        arguments: [
            ("[ \"TSLA\" ]", "[ ]", IntakeCode.unlistedHoldings),
            ("[ \"TSLA\" ]", "[ \"TSLA\", \"AGGX\" ]", .symbolUnknown),
            ("\"weight_pct\": 60", "\"weight_pct\": 66", .weightsExceedGross),
            ("\"weight_pct\": 60", "\"weight_pct\": 60.02", .weightsDoNotAddUp),
            ("\"weight_pct\": 60", "\"weight_pct\": -60", .shortDisabled),
            ("\"symbol\": \"SPY\"", "\"symbol\": \"QQQ\"", .symbolUnknown),
        ]
    )
    func refuses(old: String, new: String, code: IntakeCode) throws {
        #expect(try verdict(Documents.targets.replacing(old, new)).code == code)
    }

    @Test("A hundredth of a percent is rounding, and LISTED needs no closes")
    func tolerance() throws {
        #expect(try verdict(Documents.targets.replacing("\"weight_pct\": 60", "\"weight_pct\": 59.99")).isAccepted)
        #expect(try verdict(Documents.targets.replacing("FULL", "LISTED").replacing("[ \"TSLA\" ]", "[ ]")).isAccepted)
    }

    @Test("A name without a price refuses the whole")
    func missingPrice() throws {
        #expect(try verdict { $0.prices[symbol("AGG")] = nil }.code == .noPrice)
    }
}

@Suite("Urgency")
struct ResolvedUrgencyTests {
    @Test(
        "Caller, else regime, else decision, else MEDIUM",
        arguments: [
            ("LOW", "CRASH", Urgency.low, "caller"), (nil, "CRASH", .critical, "regime"),
            (nil, "RISK_OFF", .high, "regime"),
            (nil, "BULL", .medium, "regime"), (nil, nil, .high, "decision"),
        ] as [(String?, String?, Urgency, String)]
    )
    func order(caller: String?, regime: String?, urgency: Urgency, source: String) throws {
        let decision = try DecisionParser().parse(bytes(Documents.trade))
        let resolved = ResolvedUrgency.resolve(
            caller: caller.flatMap { Urgency(alias: $0) },
            regime: regime,
            decision: decision
        )
        #expect(resolved.urgency == urgency)
        #expect(resolved.source.rawValue == source)
    }

    @Test("An urgency that was stamped is nobody's opinion")
    func stamped() async {
        let agent = ScriptedAgent { _ in [.document(bytes(#"{"action":"BUY","position_size":5}"#))] }
        let decision = await AgentRuntime(now: { noon }).ask(agent, makeRequest(), timeout: .seconds(120)).decisions[0]
        #expect(decision.urgency == .medium)
        #expect(ResolvedUrgency.resolve(caller: nil, regime: nil, decision: decision).source == .default)
        #expect(ResolvedUrgency.resolve(caller: nil, regime: nil, decision: nil).urgency == .medium)
    }
}
