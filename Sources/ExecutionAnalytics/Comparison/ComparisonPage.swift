import TradingDomain

/// Executions side by side, as a page.
public struct ComparisonPage: Hashable, Sendable {
    public var dimension: ExecutionDimension
    public var account: String?
    /// First and last business day that are included; absent: all there are.
    public var since: String?
    public var until: String?
    public var rows: [ComparisonRow]

    public init(
        dimension: ExecutionDimension,
        account: String? = nil,
        since: String? = nil,
        until: String? = nil,
        rows: [ComparisonRow]
    ) {
        self.dimension = dimension
        self.account = account
        self.since = since
        self.until = until
        self.rows = rows
    }

    /// The page as one HTML document that needs nothing else; equal pages give equal bytes.
    public func html() -> String {
        PageDocument.html(
            title: "Executions by \(dimension.title.lowercased())",
            [header] + (rows.isEmpty ? [Self.empty] : [chart, costs, quality, footer])
        )
    }

    private var header: Markup {
        tag(
            "header",
            [:],
            [
                tag("p", ["class": "kind"], text: "Execution comparison"),
                tag("h1", text: "By \(dimension.title.lowercased())"),
                .facts([
                    ("Account", account ?? "all"), ("From", since ?? "the first"), ("To", until ?? "the last"),
                    ("Executions", "\(rows.reduce(0) { $0 + $1.executions })"),
                ]),
            ]
        )
    }

    private static let empty = tag(
        "p",
        ["class": "quiet"],
        text: "No order that was admitted has ended in this period."
    )

    private var chart: Markup {
        let starts = stride(from: 0, to: rows.count, by: ComparisonChart.rowsMax)
        let figures = starts.map { start in
            let part = Array(rows[start..<min(start + ComparisonChart.rowsMax, rows.count)])
            return tag("div", ["class": "chart"], [ComparisonChart(part, of: rows).markup(id: "comparison-\(start)")])
        }
        return tag(
            "section",
            ["class": "slippage"],
            [tag("h2", text: "Slippage against arrival")] + figures + [
                tag(
                    "p",
                    ["class": "quiet"],
                    text: "The bar is the mean over executions, the dark line the median; right of zero costs."
                )
            ]
        )
    }

    private var costs: Markup {
        section(
            "Cost",
            [
                .number("Executions"), .number("Traded"), .number("Mean, bps"), .number("By value, bps"),
                .number("Median, bps"), .number("p95, bps"), .number("vs VWAP, bps"), .number("Shortfall"),
                .number("Shortfall, bps"), .number("Fees"),
            ]
        ) { row in
            [
                "\(row.executions)", "\(Words.decimal(row.notional, 2)) \(row.currency.rawValue)",
                Words.bps(row.meanSlippageBps), Words.bps(row.weightedSlippageBps), Words.bps(row.medianSlippageBps),
                Words.bps(row.p95SlippageBps), Words.bps(row.meanSlippageVwapBps),
                row.shortfall.map { Words.decimal($0, 2, signed: true) } ?? Words.none, Words.bps(row.shortfallBps),
                Words.decimal(row.fees, 2),
            ]
        }
    }

    private var quality: Markup {
        section(
            "Quality",
            [
                .number("Filled, mean"), .number("Fills"), .number("✓ met"), .number("≈ as expected"),
                .number("✗ missed"), .number("Mark-out 5 min, bps"),
            ]
        ) { row in
            [
                Words.percent(row.meanFillRate, 1), "\(row.fills)", Words.percent(row.share(row.met)),
                Words.percent(row.share(row.asExpected)), Words.percent(row.share(row.missed)),
                Words.bps(row.meanMarkOut5MinBps),
            ]
        }
    }

    private func section(
        _ title: String,
        _ columns: [PageTable.Column],
        _ cells: (ComparisonRow) -> [String]
    ) -> Markup {
        let table = PageTable(
            caption: title,
            columns: [.text(dimension.title)] + columns,
            rows: rows.map { row in ([row.value] + cells(row)).map { Markup($0) } }
        )
        return tag("section", [:], [tag("h2", text: title), table.markup])
    }

    private var footer: Markup {
        tag(
            "footer",
            [:],
            [
                """
                Positive basis points are a cost, mark-outs are positive when the price moved our way. Shares are of the \
                executions with a slippage: within the range expected of the algorithm, else below 5 bps, else missed. A \
                group of a few executions says little. The views `executions` and `execution_comparisons` hold the same.
                """
            ]
        )
    }
}
