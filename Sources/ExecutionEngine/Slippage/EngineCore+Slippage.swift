import ExecutionAlgorithms
import MarketData
import QuantMath
import RiskRules
import TradingDomain

/// An order between admission by the rules and its session.
struct AdmissionCandidate {
    var approved: RiskApproved<ProposedOrder>
    var reservation: Reservation
    var checks: [RiskVerdict]
    var routed: RoutedOrder
    var slippage: SlippageVerdict

    var order: ProposedOrder { approved.request }
}

/// What the slippage control made of a candidate.
enum SlippageRuling {
    case go(AdmissionCandidate)
    case refuse(SlippageVerdict)
}

extension EngineCore {
    /// A slice is at work for a minute at most before the market is read again.
    private static let sliceSecondsMax = 60.0
    /// Rounds of shrinking: each aims at the limit, and whole lots may miss it.
    private static let shrinkRounds = 8
    /// Factors of a longer duration that are tried, in order.
    private static let stretches = [2, 4, 8]

    /// Holds a routed order against the slippage limit (SL-4): passes it, makes it fit, or refuses it.
    func ruled(
        _ approved: RiskApproved<ProposedOrder>,
        _ reservation: Reservation,
        _ checks: [RiskVerdict],
        _ routed: RoutedOrder,
        _ choice: AlgorithmChoice,
        _ snapshot: RiskSnapshot,
        at now: Timestamp
    ) -> SlippageRuling {
        let verdict = slippage.shouldExecute(inputs(approved.request, routed, at: now), at: now)
        var candidate = AdmissionCandidate(
            approved: approved,
            reservation: reservation,
            checks: checks,
            routed: routed,
            slippage: verdict
        )
        guard verdict.isBlocked else { return .go(candidate) }
        // Without anybody to trade with, neither size nor time helps.
        guard verdict.predicted != nil else { return .refuse(verdict) }
        let isExempt = slippage.settings.exemptReductions && snapshot.onlyReduces(approved.request)
        if isExempt || snapshot.flatteningFor != nil {
            candidate.slippage.outcome = .exempt
            candidate.slippage.message = "\(measured(verdict)); it passes, since it only reduces the position"
            return .go(candidate)
        }
        switch slippage.settings.action {
        case .block: return .refuse(verdict)
        case .shrink: return shrunk(candidate, choice, snapshot, at: now).map(SlippageRuling.go) ?? .refuse(verdict)
        case .slowDown: return slowed(candidate, choice, at: now).map(SlippageRuling.go) ?? .refuse(verdict)
        }
    }

    /// The realised slippage of a parent that ends (SL-1), for the limit to learn from; nothing traded tells nothing.
    mutating func learn(_ parent: ParentOrder, _ arrival: Price, _ filled: Quantity, at now: Timestamp) {
        guard let paid = paid.removeValue(forKey: parent.id), filled > .zero, arrival > .zero else { return }
        let expected = Self.expected(parent, arrival)
        let average = Double(paid) / Double(filled.units)
        // Prices that are not above zero have no slippage in this sense.
        guard
            let slippage = try? Slippage.fraction(parent.side, expected: Double(expected.units), actual: average),
            let record = self.slippage.record(slippage, of: parent.id, at: now)
        else { return }
        pending.slippages.append(record)
    }

    /// The order's own price where it waits for one no worse than the arrival's, else the arrival's middle (SL-4).
    ///
    /// A limit beyond the market is a guard, not what anybody expects to pay.
    static func expected(_ parent: ParentOrder, _ arrival: Price) -> Price {
        guard let limit = parent.limitPrice, limit > .zero else { return arrival }
        return parent.side == .buy ? min(limit, arrival) : max(limit, arrival)
    }

    // MARK: Making it fit

    private func shrunk(
        _ asked: AdmissionCandidate,
        _ choice: AlgorithmChoice,
        _ snapshot: RiskSnapshot,
        at now: Timestamp
    ) -> AdmissionCandidate? {
        var candidate = asked
        for _ in 0..<Self.shrinkRounds {
            guard let predicted = candidate.slippage.predicted, predicted.sizeBps > 0 else { return nil }
            // The part of the size is linear in it below the cap, so this is the size that fits.
            let room = candidate.slippage.limitBps - predicted.volatilityBps - predicted.spreadBps
            guard room > 0 else { return nil }
            var order = candidate.order
            let units = Double(order.quantity.units) * min(room / predicted.sizeBps, 0.999)
            order.quantity = Quantity(units: Int64(units)).rounded(toLot: order.instrument.lot)
            guard order.quantity > .zero,
                case .approved(let approved, let reservation, let checks) = Admission.admit(
                    order,
                    snapshot,
                    configuration.limits
                ),
                let routed = try? route(approved.request, choice, at: now)
            else { return nil }
            candidate = AdmissionCandidate(
                approved: approved,
                reservation: reservation,
                checks: checks,
                routed: routed,
                slippage: slippage.shouldExecute(inputs(approved.request, routed, at: now), at: now)
            )
            guard candidate.slippage.isBlocked else {
                candidate.slippage.outcome = .shrunk
                candidate.slippage.message =
                    "\(measured(asked.slippage)); shrunk from \(asked.order.quantity) to \(candidate.order.quantity): "
                    + candidate.slippage.message
                return candidate
            }
        }
        return nil
    }

    private func slowed(
        _ asked: AdmissionCandidate,
        _ choice: AlgorithmChoice,
        at now: Timestamp
    ) -> AdmissionCandidate? {
        for slower in slowerChoices(than: choice, asked.routed.verdict, asked.order.urgency) {
            // A slower way that cannot be planned, such as one beyond the close, is passed over.
            guard let routed = try? route(asked.order, slower, at: now) else { continue }
            let verdict = slippage.shouldExecute(inputs(asked.order, routed, at: now), at: now)
            guard !verdict.isBlocked, routed.verdict.end >= asked.routed.verdict.end else { continue }
            var candidate = asked
            candidate.routed = routed
            candidate.slippage = verdict
            candidate.slippage.outcome = .slowed
            candidate.slippage.message =
                "\(measured(asked.slippage)); \(asked.routed.verdict.algorithm) was slowed down to "
                + "\(routed.verdict.algorithm) until \(routed.verdict.end): \(verdict.message)"
            return candidate
        }
        return nil
    }

    /// Slower ways to work an order, the fastest first: longer durations of the same algorithm, then what less urgent
    /// orders get (SE-2).
    private func slowerChoices(
        than choice: AlgorithmChoice,
        _ verdict: RoutingVerdict,
        _ urgency: Urgency
    ) -> [AlgorithmChoice] {
        let presets = UrgencyRoute.table.map(\.algorithm)
        let place = presets.firstIndex(of: verdict.algorithm).map { $0 + 1 }
        var slower: [AlgorithmChoice] = []
        if case .explicit(let name, let given) = choice, catalog.parameters(of: name).contains("duration_minutes") {
            let minutes = given.durationMinutes ?? Int((verdict.end - verdict.start).seconds / 60)
            for stretch in Self.stretches where minutes > 0 {
                var longer = given
                longer.durationMinutes = min(minutes * stretch, 1440)
                slower.append(.explicit(name, longer))
            }
        }
        let rest = place ?? (catalog.style(of: verdict.algorithm) == .aggressive ? 1 : presets.count)
        return slower + presets.dropFirst(rest).map { .explicit($0, AlgorithmParameters()) }
    }

    /// Routes with the market as it is seen now.
    private func route(
        _ order: ProposedOrder,
        _ choice: AlgorithmChoice,
        at now: Timestamp
    ) throws(RoutingRefusal) -> RoutedOrder {
        let situation = RoutingSituation(
            market: board.view(order.symbol).map { seen($0) },
            conditions: board.conditions(order.symbol),
            state: board.state(order.symbol)
        )
        return try router.route(order, choice, at: now, in: situation)
    }

    /// The verdict's numbers without its advice.
    private func measured(_ verdict: SlippageVerdict) -> String {
        verdict.message.split(separator: ". Ask for", maxSplits: 1).first.map(String.init) ?? verdict.message
    }

    // MARK: Inputs

    /// What is known of an order's market: measured where the feed tells it, else from earlier sessions.
    func inputs(_ order: ProposedOrder, _ routed: RoutedOrder, at now: Timestamp) -> SlippageInputs {
        let verdict = routed.verdict
        let seconds = max(0, (verdict.end - verdict.start).seconds)
        let slices = max(1, Double(verdict.slices))
        let whole = order.quantity.approximate
        var inputs = SlippageInputs(size: whole)
        if routed.schedule.isEmpty {
            // Nothing is planned: who takes at once meets the market whole, the others take their share of each minute.
            let isAtOnce = catalog.style(of: verdict.algorithm) == .aggressive
            inputs.size = isAtOnce ? whole : whole / max(1, seconds / 60, slices)
            inputs.horizonSeconds = min(seconds, Self.sliceSecondsMax)
        } else {
            // A long plan is kept by runs of slices; then the average slice says more than the largest run.
            let largest = routed.schedule.map(\.quantity.approximate).max() ?? whole
            inputs.size = routed.schedule.count == verdict.slices ? largest : whole / slices
            inputs.horizonSeconds = min(seconds / slices, Self.sliceSecondsMax)
        }
        let view = board.view(order.symbol)
        let history = configuration.history(order.instrument, now)
        inputs.spreadBps = view?.spreadBps
        let minutes = history.map { $0.minuteVolume > 0 ? $0.dailyVolume / $0.minuteVolume : 0 } ?? 0
        if let history, minutes > 0 {
            let share = inputs.horizonSeconds / 60 / minutes
            inputs.volatility = history.dailyVolatility * share.squareRoot()
        }
        let far = order.side.opposite
        if let view, let levels = view.depth?.levels, let mid = view.mid, mid > .zero {
            let prices = (far == .buy ? levels.bids : levels.asks).prefix(5).map(\.price)
            inputs.liquidity = levels.liquidity(of: far).approximate
            inputs.reach = prices.last.map { Double(($0 - mid).units.magnitude) / Double(mid.units) } ?? 1
            inputs.liquiditySource = "top 5 levels"
        } else if let quote = view?.quote, quote.isUsable, far == .buy ? quote.bidSize > .zero : quote.askSize > .zero {
            // Levels that nobody shows: as large as the best, one spread apart, one tick at least.
            let step = max((quote.ask - quote.bid).units, order.instrument.tick.units)
            inputs.liquidity = 5 * (far == .buy ? quote.bidSize : quote.askSize).approximate
            inputs.reach = 4.5 * Double(step) / Double(quote.mid.units)
            inputs.liquiditySource = "5 × the touch"
        } else if let history, minutes > 0 {
            inputs.liquidity = history.minuteVolume
            inputs.reach = history.dailyVolatility / minutes.squareRoot()
            inputs.liquiditySource = "a minute's volume"
        }
        return inputs
    }
}
