public import TradingDomain

/// What a rebalance came to, name by name.
public struct RebalancePage: Hashable, Sendable {
    /// One name; weights in percent of equity.
    public struct Name: Hashable, Sendable {
        public var symbol: String
        public var before: FixedDecimal
        public var target: FixedDecimal
        /// Absent without a price.
        public var reached: FixedDecimal?
        /// Reached less target, in percent points.
        public var away: FixedDecimal?
        /// Signed: negative is sold.
        public var planned: Quantity
        public var filled: Quantity
        public var reason: String?

        public init(
            symbol: String,
            before: FixedDecimal,
            target: FixedDecimal,
            reached: FixedDecimal?,
            away: FixedDecimal?,
            planned: Quantity,
            filled: Quantity,
            reason: String?
        ) {
            self.symbol = symbol
            self.before = before
            self.target = target
            self.reached = reached
            self.away = away
            self.planned = planned
            self.filled = filled
            self.reason = reason
        }
    }

    /// Stable name, such as `COMPLETE`.
    public var state: String
    public var explanation: String
    /// Names and values that hold for the whole, for people.
    public var facts: [Fact]
    /// What the plan was cut by.
    public var notes: [String]
    public var names: [Name]

    /// A figure with its name.
    public struct Fact: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(state: String, explanation: String, facts: [Fact], notes: [String], names: [Name]) {
        self.state = state
        self.explanation = explanation
        self.facts = facts
        self.notes = notes
        self.names = names
    }
}

/// The part of a page about a rebalance.
struct RebalanceSection {
    let rebalance: RebalancePage

    var markup: Markup {
        let rows = rebalance.names.map { name -> [Markup] in
            [
                Markup(name.symbol), Markup(Words.decimal(name.before, 2)), Markup(Words.decimal(name.target, 2)),
                Markup(name.reached.map { Words.decimal($0, 2) } ?? Words.none),
                Markup(name.away.map { Words.decimal($0, 2, signed: true) } ?? Words.none),
                Markup("\(name.planned)"), Markup("\(name.filled)"), Markup(name.reason ?? ""),
            ]
        }
        let table = PageTable(
            caption: "Target and reached weights",
            columns: [
                .text("Name"), .number("Before %"), .number("Target %"), .number("Reached %"), .number("Away"),
                .number("Planned"), .number("Filled"), .text("Why"),
            ],
            rows: rows
        )
        let style = ["COMPLETE", "IN_BAND"].contains(rebalance.state) ? "met" : "expected"
        return tag(
            "section",
            ["class": "rebalance"],
            [
                tag(
                    "h2",
                    [:],
                    ["Rebalance ", tag("span", ["class": "status \(style)"], text: rebalance.state)]
                ),
                tag("p", text: rebalance.explanation),
                .facts(rebalance.facts.map { ($0.name, $0.value) }),
            ] + rebalance.notes.map { tag("p", ["class": "quiet"], text: $0) } + [table.markup]
        )
    }
}
