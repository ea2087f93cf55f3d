import ExecutionAlgorithms
import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import PaperTrading
import Portfolio
import PostgresStore
public import RiskRules
public import TradingDomain

/// How a rehearsal of the kill switch went.
public struct HaltDrill: Codable, Hashable, Sendable {
    public let halt: HaltID
    public let account: AccountID
    /// Orders that were worked when the word came.
    public let orders: Int
    /// Seconds by the wall clock from the word until no intent could commit any more.
    public let haltedSeconds: Double
    /// Until the venue's polls had proven that nothing can trade; `nil` when they had not in time.
    public let provenSeconds: Double?
    /// Until everything held was sold and the venue showed it; `nil` unless that was rehearsed and reached in time.
    public let flatSeconds: Double?
}

extension PaperFloor {
    /// Rehearses the kill switch and records how long it took; no account but the rehearsal's own is touched.
    ///
    /// Orders are worked on a generated market beside the wall clock, the account is halted, and the proof is awaited.
    ///
    /// - Parameters:
    ///   - database: Where it is recorded.
    ///   - by: Who rehearses.
    ///   - flattens: Whether to rehearse the flatten too, with positions that are bought for it.
    ///   - patience: How long to wait for the proof.
    /// - Returns: What was measured.
    /// - Throws: The errors of every part.
    public static func drill(
        on database: StateDatabase,
        by: String,
        flattens: Bool = false,
        patience: Duration = .seconds(60)
    ) async throws -> HaltDrill {
        let market = GeneratedMarket(seed: generatedSeed)
        let hours = try MarketHours()
        // A book of its own for each rehearsal: an account's time does not go back.
        let number = UInt64(Date().timeIntervalSince1970 * 1000)
        var plan = Plan(
            account: AccountID(unchecked: "drill-\(number)@\(market.fingerprint)"),
            environment: .paper,
            cash: Money(units: 1_000_000 * Int128(FixedDecimal.scale), .usd),
            limits: try RiskLimits(maxPositionPercent: FixedDecimal(20)),
            market: market,
            hours: hours,
            session: try hours.nextSession(after: firstDay),
            seed: generatedSeed,
            agents: { AgentDesk([], now: $0) }
        )
        plan.pace = .paced(1)
        let floor = try await open(plan, on: database)
        do {
            let drill = try await floor.rehearse(number, by: by, flattens: flattens, patience: patience)
            await floor.closeKeepingConnections()
            return drill
        } catch {
            await floor.closeKeepingConnections()
            throw error
        }
    }

    private func rehearse(
        _ number: UInt64,
        by: String,
        flattens: Bool,
        patience: Duration
    ) async throws -> HaltDrill {
        let orders = try await beginOrders(number, buys: flattens)
        let working = await engine.progress(of: orders).filter { $0.state == .working }.count
        let clock = ContinuousClock()
        let start = clock.now
        let scope = PostgresKillSwitch.Scope.account(desk.account)
        guard
            case .activated(let halt) = try await killSwitch.activate(
                reason: "drill",
                by: by,
                scope: scope,
                flattens: flattens
            )
        else {
            throw JournalError.unavailable("Account \(desk.account) is halted already; deactivate that halt first.")
        }
        let halted = clock.now - start
        try await engine.checkControls(at: await desk.clock.now())
        try await desk.clock.settle()
        var (proven, flat): (Duration?, Duration?)
        while clock.now - start < patience {
            let standing = try await killSwitch.standing(halt.id)
            if proven == nil, standing.allSatisfy({ $0.provenSeconds != nil }) { proven = clock.now - start }
            if flattens, standing.allSatisfy({ $0.stage == .flat }) { flat = clock.now - start }
            guard proven == nil || (flattens && flat == nil), try await desk.clock.advance() else { break }
        }
        let drill = HaltDrill(
            halt: halt.id,
            account: desk.account,
            orders: working,
            haltedSeconds: halted / .seconds(1),
            provenSeconds: proven.map { $0 / .seconds(1) },
            flatSeconds: flat.map { $0 / .seconds(1) }
        )
        try await killSwitch.record(
            drill: halt.id,
            account: drill.account,
            orders: drill.orders,
            haltedSeconds: drill.haltedSeconds,
            provenSeconds: drill.provenSeconds,
            flatSeconds: drill.flatSeconds,
            by: by
        )
        _ = try await killSwitch.deactivate(reason: "the drill is over", by: by, scope: scope)
        return drill
    }

    /// Starts orders that rest at the venue; where the drill `buys`, the last of them is for positions.
    private func beginOrders(_ number: UInt64, buys: Bool) async throws -> [ParentOrderID] {
        let instruments = desk.market.instruments.prefix(4)
        try await desk.clock.watch(instruments.map(\.symbol))
        let now = await desk.clock.now()
        var orders: [ParentOrderID] = []
        for (place, instrument) in instruments.enumerated() {
            guard let price = await engine.view(instrument.symbol)?.mid else { continue }
            let isPosition = buys && place == instruments.count - 1
            // Far below the market, so that it waits.
            let limit = Price(units: price.units / 100 * 98).rounded(to: instrument.tick, for: .buy)
            var parameters = AlgorithmParameters()
            if !isPosition { parameters.durationMinutes = 30 }
            let bytes = withUnsafeBytes(of: number.bigEndian, Array.init) + [0, UInt8(place)]
            let submission = ParentSubmission(
                id: ParentOrderID(digest: bytes),
                account: desk.account,
                order: ProposedOrder(
                    instrument: instrument,
                    side: .buy,
                    quantity: instrument.lot + instrument.lot,
                    referencePrice: price,
                    urgency: .low,
                    urgencySource: "drill",
                    limitPrice: isPosition ? nil : limit,
                    note: "kill-switch drill"
                ),
                choice: .explicit(isPosition ? .market : .limit, parameters),
                run: nil,
                stepPath: nil,
                submittedAt: now,
                seed: 1
            )
            orders.append(try await engine.submit(submission).submission.id)
        }
        try await desk.clock.settle()
        for _ in 0..<3 { _ = try await desk.clock.advance() }
        // A market order takes the next trades there are.
        while buys, await engine.portfolio.openPositions.isEmpty, try await desk.clock.advance() {}
        return orders
    }
}
