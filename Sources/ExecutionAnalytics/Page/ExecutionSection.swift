import TradingDomain

/// The part of a page about one parent order: charts, targets, cost, fills, and why it was done so.
struct ExecutionSection {
    /// Longest list of fills that is open at once.
    private static let openFills = 12

    let item: RunPage.Item
    let execution: ExecutionPage
    /// From 1, in the order of the run.
    let number: Int

    private var cost: ExecutionCost { execution.cost }
    private var currency: String { cost.facts.instrument.currency.rawValue }

    var markup: Markup {
        let heading = tag(
            "h2",
            ["id": "item-\(number)"],
            [
                Markup(item.ticker), " ", .status(item.status),
                tag(
                    "span",
                    ["class": "order"],
                    text: " \(cost.facts.side.rawValue) \(Words.quantity(cost.facts.ordered)) by \(execution.algorithm)"
                ),
            ]
        )
        var parts = [heading]
        if !item.message.isEmpty { parts.append(tag("p", ["class": "message"], text: item.message)) }
        parts += [facts, charts]
        parts.append(tag("div", ["class": "columns"], [targets, breakdown]))
        parts += [AftermathTable(execution).markup, why, fills, numbers]
        return tag("section", ["class": "item"], parts)
    }

    private var facts: Markup {
        .facts([
            (
                "Filled",
                "\(Words.quantity(cost.filled)) of \(Words.quantity(cost.facts.ordered)) (\(Words.percent(cost.fillRate)))"
            ),
            ("Average price", Words.price(cost.averagePrice)),
            ("Decision price", Words.price(cost.facts.decisionPrice)),
            ("Arrival price", Words.price(cost.facts.arrivalPrice)),
            ("Interval VWAP", Words.number(execution.vwap, 4)),
            ("Interval TWAP", Words.number(execution.tape?.interval.twap, 4)),
            ("Traded", "\(Words.money(cost.notional)) \(currency)"),
            ("Participation", participation), ("Predicted cost", predicted),
            ("Children, slices", "\(execution.children), \(execution.slices)"),
            ("Arrived", Words.moment(execution.arrivedAt)), ("Ended", Words.moment(execution.endedAt)),
        ])
    }

    private var participation: String {
        guard let share = execution.participation else { return Words.none }
        let note = execution.flags.contains(.participationAboveOne) ? ": more than the market's tape shows" : ""
        return share > 0 && share < 0.001 ? "below 0.1 %" : Words.percent(share, 1) + note
    }

    /// Beside what it came to against the arrival price.
    private var predicted: String {
        guard let predicted = execution.predictedCostBps else { return Words.none }
        let realised = cost.slippageBps(against: cost.facts.arrivalPrice)
        return "\(Words.bps(predicted)) bps, was \(Words.bps(realised))"
    }

    private var charts: Markup {
        let id = "item-\(number)"
        var parts = [
            figure("Schedule, fills and market volume", ScheduleChart(execution).markup(id: "\(id)-schedule")),
            figure("Price and fills", PriceChart(execution).markup(id: "\(id)-price")),
        ]
        if execution.tape == nil {
            parts.append(
                tag(
                    "p",
                    ["class": "quiet"],
                    text: "The market’s tape was not kept for this order, so its price and volume are not drawn."
                )
            )
        }
        if execution.schedule.isEmpty {
            parts.append(
                tag(
                    "p",
                    ["class": "quiet"],
                    text: "No planned slices to draw: the algorithm follows the market, or its plan was not kept."
                )
            )
        }
        return tag("div", ["class": "charts"], parts)
    }

    private func figure(_ title: String, _ chart: Markup) -> Markup {
        tag("figure", [:], [tag("figcaption", text: title), tag("div", ["class": "chart"], [chart])])
    }

    // MARK: Numbers

    private var targets: Markup {
        let rows = execution.targets.map { target -> [Markup] in
            [
                Markup(target.title), Markup(target.shown(target.value)),
                Markup((target.name == .fillRate ? "> " : "< ") + target.shown(target.target)),
                Markup(target.expected.map { "\(Words.number($0[0], 1)) to \(Words.number($0[1], 1))" } ?? Words.none),
                target.verdict.map {
                    tag("span", ["class": "verdict \($0.style)"], text: "\($0.sign) \($0.rawValue)")
                } ?? Markup(Words.none),
            ]
        }
        return PageTable(
            caption: "Targets",
            columns: [.text("Measure"), .number("Reached"), .number("Target"), .number("Expected"), .short("Verdict")],
            rows: rows
        ).markup
    }

    private var breakdown: Markup {
        guard let shortfall = execution.shortfall else {
            return tag("p", ["class": "quiet"], text: execution.shortfallMissing ?? "The cost is not known.")
        }
        let meanings = [
            "delay": "decision to arrival", "trading": "arrival to fills", "opportunity": "what did not fill",
            "fees": "commission",
        ]
        func row(_ name: String, _ note: String, _ amount: Money) -> [Markup] {
            [
                tag("span", [:], [Markup(name), tag("span", ["class": "faint"], text: " \(note)")]),
                Markup(Words.exact(amount.amount, signed: true)), Markup(Words.bps(shortfall.bps(amount))),
            ]
        }
        var rows: [[Markup]] = []
        for part in shortfall.parts {
            rows.append(row(part.name, meanings[part.name] ?? "", part.amount))
            guard part.name == "trading", let timing = shortfall.timing, let impact = shortfall.impact else { continue }
            rows.append(row("– timing", "the market's own move, in trading", timing))
            rows.append(row("– impact", "fills against its VWAP, in trading", impact))
        }
        rows.append(row("total", "implementation shortfall", shortfall.total))
        return PageTable(
            caption: "Cost against \(Words.money(shortfall.paperNotional)) \(currency) on paper",
            columns: [.text("Part"), .number("\(currency), exact"), .number("bps")],
            rows: rows,
            hasTotal: true
        ).markup
    }

    private var why: Markup {
        var lines = WhyLines.of(item.decision)
        lines += [
            ("Order", execution.order), ("Urgency", execution.urgency), ("Size", execution.size),
            ("Plan", execution.plan),
        ]
        if let state = execution.marketState { lines.append(("Market", state)) }
        return WhyLines.markup(lines + WhyLines.of(execution.risk))
    }

    private var fills: Markup {
        guard !cost.facts.fills.isEmpty else { return tag("p", ["class": "quiet"], text: "Nothing filled.") }
        let rows = cost.facts.fills.map { fill -> [Markup] in
            [
                Markup(Words.clock(fill.at)), Markup(Words.quantity(fill.quantity)), Markup(Words.price(fill.price)),
                Markup(Words.money(fill.notional)), Markup(Words.money(fill.fee, 4)),
                Markup(Words.bps(bps(fill))),
            ]
        }
        let table = PageTable(
            caption: "Fills",
            columns: [
                .text("Time, UTC"), .number("Quantity"), .number("Price"), .number("Value, \(currency)"),
                .number("Commission"), .number("vs arrival, bps"),
            ],
            rows: rows
        )
        return Self.details(
            "Fills (\(rows.count))",
            table.markup,
            "fills",
            isOpen: rows.count <= Self.openFills
        )
    }

    private func bps(_ fill: TradedFill) -> Double? {
        let arrival = cost.facts.arrivalPrice
        guard arrival > .zero else { return nil }
        return Double((fill.price - arrival).units) * Double(cost.facts.side.sign) / Double(arrival.units) * 10_000
    }

    /// The charts in numbers: market, plan and fills at the end of each bucket of the tape.
    private var numbers: Markup {
        guard let tape = execution.tape, !tape.buckets.isEmpty else { return .empty }
        let ordered = cost.facts.ordered.approximate
        let rows = tape.buckets.map { bucket -> [Markup] in
            let planned = execution.schedule.filter { $0.due <= bucket.end }.reduce(Quantity.zero) { $0 + $1.quantity }
            let done = cost.facts.fills.filter { $0.at <= bucket.end }.reduce(Quantity.zero) { $0 + $1.quantity }
            return [
                Markup(Words.clock(bucket.end)), Markup(Words.price(bucket.price)),
                Markup(Words.quantity(bucket.volume)),
                Markup(execution.schedule.isEmpty ? Words.none : Words.percent(planned.approximate / ordered, 1)),
                Markup(Words.percent(done.approximate / ordered, 1)),
            ]
        }
        let table = PageTable(
            caption: "Market, plan and fills",
            columns: [
                .text("Until, UTC"), .number("Price"), .number("Market volume"), .number("Planned"), .number("Filled"),
            ],
            rows: rows
        )
        return Self.details("The charts in numbers (\(rows.count))", table.markup, "numbers", isOpen: false)
    }

    private static func details(_ title: String, _ content: Markup, _ style: String, isOpen: Bool) -> Markup {
        tag(
            "details",
            isOpen ? ["class": style, "open": "open"] : ["class": style],
            [tag("summary", text: title), content]
        )
    }
}

extension QualityTarget {
    var title: String {
        switch name {
        case .slippage: against == "arrival" ? "Slippage vs arrival" : "Slippage vs VWAP"
        case .shortfall: "Shortfall"
        case .fillRate: "Fill rate"
        case .time: "Time"
        }
    }

    /// A number with its unit.
    func shown(_ value: Double?) -> String {
        switch unit {
        case "bps": value == nil ? Words.none : "\(value == target ? Words.number(value, 0) : Words.bps(value)) bps"
        case "ratio": Words.percent(value, value == target ? 0 : 1)
        default: Words.span(value)
        }
    }
}
