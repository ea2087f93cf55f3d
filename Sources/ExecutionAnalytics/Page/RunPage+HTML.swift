import TradingDomain

extension RunPage {
    /// The page as one HTML document that needs nothing else: no scripts, no fonts, no network.
    ///
    /// Equal pages give equal bytes. All text is escaped, and the document is well-formed XML as well.
    public func html() -> String {
        let title = "Execution report: \(workflow), \(startedAt.utcDate)"
        var parts = [header]
        if isGenerated {
            parts.append(
                tag(
                    "p",
                    ["class": "banner", "role": "note"],
                    [
                        tag("strong", text: "GENERATED MARKET: the numbers are invented."),
                        " Prices and volumes come from a random generator and say nothing about any real market.",
                    ]
                )
            )
        }
        if let message { parts.append(tag("p", ["class": "message"], text: message)) }
        parts += [summary] + (rebalance.map { [RebalanceSection(rebalance: $0).markup] } ?? [])
        parts += [itemTable] + slippageCharts
        parts += items.enumerated().compactMap { index, item in
            item.execution.map { ExecutionSection(item: item, execution: $0, number: index + 1).markup }
                ?? item.refusal.map { RefusalSection(item: item, refusal: $0, number: index + 1).markup }
        }
        parts.append(footer)
        return PageDocument.html(title: title, parts)
    }

    private var header: Markup {
        let facts: [(String, String)] = [
            ("Run", run), ("Account", "\(account) (\(environment))"), ("Market", market),
            ("Started", Words.moment(startedAt)), ("Ended", Words.moment(endedAt)),
        ]
        return tag(
            "header",
            [:],
            [
                tag("p", ["class": "kind"], text: "Execution report"),
                tag("h1", [:], [Markup(workflow), " ", .status(status)]),
                .facts(facts),
            ]
        )
    }

    private var executed: [ExecutionPage] { items.filter { !$0.isDuplicate }.compactMap(\.execution) }

    private var summary: Markup {
        guard !executed.isEmpty else {
            return tag("p", ["class": "quiet"], text: "No order of this run reached the market.")
        }
        let filled = executed.filter { $0.cost.unfilled <= .zero }.count
        var tiles = [("Executions filled", "\(filled) of \(executed.count)", "")]
        let currencies = Set(executed.map(\.cost.facts.instrument.currency.rawValue)).sorted()
        for code in currencies {
            let group = executed.filter { $0.cost.facts.instrument.currency.rawValue == code }
            func total(_ amounts: [Money]) -> FixedDecimal { amounts.reduce(.zero) { $0 + $1.amount } }
            tiles.append(("Traded", Words.decimal(total(group.map(\.cost.notional)), 2), code))
            tiles.append(("Commission", Words.decimal(total(group.map(\.cost.fees)), 4), code))
            let shortfalls = group.compactMap(\.shortfall)
            let paper = total(shortfalls.map(\.paperNotional))
            if paper > .zero {
                let cost = total(shortfalls.map(\.total))
                let bps = Double(cost.units) / Double(paper.units) * 10_000
                tiles.append(
                    ("Implementation shortfall", Words.decimal(cost, 2, signed: true), "\(code), \(Words.bps(bps)) bps")
                )
            }
        }
        let judged = executed.flatMap(\.targets).compactMap(\.verdict)
        let counts = TargetVerdict.allCases.map { verdict in
            "\(verdict.sign) \(judged.filter { $0 == verdict }.count) \(verdict.rawValue)"
        }
        tiles.append(("Targets", counts[0], counts.dropFirst().joined(separator: ", ")))
        return tag(
            "dl",
            ["class": "tiles"],
            tiles.map { name, value, unit in
                tag(
                    "div",
                    [:],
                    [
                        tag("dt", text: name), tag("dd", [:], [Markup(value)]),
                        tag("dd", ["class": "unit"], text: unit),
                    ]
                )
            }
        )
    }

    private var slippageCharts: [Markup] {
        let judged = executed.filter { $0.slippage?.value != nil }
        guard !judged.isEmpty else { return [] }
        let starts = stride(from: 0, to: judged.count, by: SlippageChart.rowsMax)
        let figures = starts.map { start in
            let part = Array(judged[start..<min(start + SlippageChart.rowsMax, judged.count)])
            return tag("div", ["class": "chart"], [SlippageChart(part, of: judged).markup(id: "slippage-\(start)")])
        }
        let caption =
            "Schedules are held to the interval’s VWAP, orders at once to the arrival price. The pale band is the "
            + "range expected of the algorithm; inside of it slippage counts as expected."
        return [
            tag(
                "section",
                ["class": "slippage"],
                [tag("h2", text: "Slippage by item")] + figures + [tag("p", ["class": "quiet"], text: caption)]
            )
        ]
    }

    private var itemTable: Markup {
        guard !items.isEmpty else {
            return tag("p", ["class": "quiet"], text: "The run has no items.")
        }
        let rows = items.enumerated().map { index, item -> [Markup] in
            let execution = item.execution
            let cost = execution?.cost
            let name =
                execution == nil && item.refusal == nil
                ? Markup(item.ticker) : tag("a", ["href": "#item-\(index + 1)"], text: item.ticker)
            return [
                name, .status(item.status), Markup((cost?.facts.side ?? item.refusal?.side)?.rawValue ?? Words.none),
                Markup(execution?.algorithm ?? Words.none),
                Markup(cost.map { "\(Words.quantity($0.filled)) / \(Words.quantity($0.facts.ordered))" } ?? Words.none),
                Markup(Words.price(cost?.averagePrice)),
                Markup(Words.bps(cost?.slippageBps(against: cost?.facts.arrivalPrice ?? .zero))),
                Markup(Words.bps(cost?.slippageBps(againstAverage: execution?.vwap))),
                Markup(Words.bps(execution?.shortfall.map { $0.bps($0.total) })),
                Markup((execution?.targets ?? []).map { $0.verdict?.sign ?? Words.none }.joined(separator: " ")),
                note(item),
            ]
        }
        let table = PageTable(
            caption: "Items",
            columns: [
                .text("Ticker"), .short("Status"), .short("Side"), .short("Algorithm"), .number("Filled / asked"),
                .number("Avg price"), .number("vs arrival, bps"), .number("vs VWAP, bps"), .number("Shortfall, bps"),
                .short("Targets"), .text("Message"),
            ],
            rows: rows
        )
        let legend =
            "Targets in order: slippage, shortfall, fill rate, time. ✓ met, ≈ as expected of the algorithm, ✗ missed. "
            + "Positive basis points are a cost."
        return tag(
            "section",
            [:],
            [tag("h2", text: "Items"), table.markup, tag("p", ["class": "quiet"], text: legend)]
        )
    }

    /// The message, with the decision's id where no section below shows it.
    private func note(_ item: Item) -> Markup {
        guard item.execution == nil, item.refusal == nil, let decision = item.decision else {
            return Markup(item.message)
        }
        let id = tag("span", ["class": "faint id"], text: "decision \(Words.cut(decision.id, 19))")
        return Markup(joining: [Markup(item.message.isEmpty ? "" : item.message + " "), id])
    }

    private var footer: Markup {
        tag(
            "footer",
            [:],
            [
                Markup(
                    "`smartexec explain ID` walks from an order to its cost, and from a decision to its orders. "
                        + "`smartexec report \(run)` shows this run again. Times are UTC; the JSON form has exact amounts."
                )
            ]
        )
    }
}

extension Markup {
    /// A status word in a frame; the word itself is the sign.
    static func status(_ word: String) -> Markup {
        let style: String
        switch word {
        case "SUCCESS": style = "met"
        case "HOLD", "ABSTAIN": style = "calm"
        case "PARTIAL": style = "expected"
        default: style = "missed"
        }
        return tag("span", ["class": "status \(style)"], text: word)
    }

    /// Names and values beside each other.
    static func facts(_ facts: [(String, String)]) -> Markup {
        tag(
            "dl",
            ["class": "facts"],
            facts.map { name, value in tag("div", [:], [tag("dt", text: name), tag("dd", text: value)]) }
        )
    }
}
