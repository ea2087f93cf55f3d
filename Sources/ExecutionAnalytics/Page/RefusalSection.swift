public import TradingDomain

/// An order that was refused before anything was sent: what was asked, and why not.
public struct RefusalPage: Hashable, Sendable {
    public var order: String
    public var side: Side
    /// As it was asked for.
    public var quantity: Quantity
    public var urgency: String
    public var size: String
    /// The price that it was sized at.
    public var referencePrice: Price
    /// Stable name of the rule or switch that said no.
    public var code: String
    public var reason: String
    public var at: Timestamp
    public var risk: [ExecutionPage.RiskLine]

    public init(
        order: String,
        side: Side,
        quantity: Quantity,
        urgency: String,
        size: String,
        referencePrice: Price,
        code: String,
        reason: String,
        at: Timestamp,
        risk: [ExecutionPage.RiskLine]
    ) {
        self.order = order
        self.side = side
        self.quantity = quantity
        self.urgency = urgency
        self.size = size
        self.referencePrice = referencePrice
        self.code = code
        self.reason = reason
        self.at = at
        self.risk = risk
    }
}

/// The part of a page about one refused order.
struct RefusalSection {
    let item: RunPage.Item
    let refusal: RefusalPage
    /// From 1, in the order of the run.
    let number: Int

    var markup: Markup {
        let heading = tag(
            "h2",
            ["id": "item-\(number)"],
            [
                Markup(item.ticker), " ", .status(item.status),
                tag(
                    "span",
                    ["class": "order"],
                    text: " \(refusal.side.rawValue) \(Words.quantity(refusal.quantity)), refused"
                ),
            ]
        )
        var lines = [("Refused", "\(refusal.code): \(refusal.reason)")] + WhyLines.of(item.decision)
        lines += [
            ("Order", refusal.order), ("Urgency", refusal.urgency), ("Size", refusal.size),
            ("Reference price", Words.price(refusal.referencePrice)), ("At", Words.moment(refusal.at)),
        ]
        return tag(
            "section",
            ["class": "item"],
            [
                heading, tag("p", ["class": "quiet"], text: "Nothing was sent, so nothing was paid."),
                WhyLines.markup(lines + WhyLines.of(refusal.risk)),
            ]
        )
    }
}

/// What explains an order, line by line.
enum WhyLines {
    static func of(_ decision: RunPage.Decision?) -> [(String, String)] {
        guard let decision else { return [] }
        let by = [decision.action, decision.agent.map { "by \($0)" }].compactMap { $0 }.joined(separator: " ")
        var lines = [("Decision", "\(decision.id)\(by.isEmpty ? "" : " · \(by)")")]
        if let rationale = decision.rationale, !rationale.isEmpty {
            lines.append(("Rationale", Words.cut(rationale, 600)))
        }
        return lines
    }

    /// What the rules said, those that passed on one line.
    static func of(_ risk: [ExecutionPage.RiskLine]) -> [(String, String)] {
        let passed = risk.filter { $0.verdict == "pass" }
        var lines = risk.filter { $0.verdict != "pass" }.map { ("Risk: \($0.verdict)", "\($0.rule): \($0.message)") }
        if !passed.isEmpty { lines.append(("Risk passed", passed.map(\.rule).joined(separator: ", "))) }
        return lines
    }

    static func markup(_ lines: [(String, String)]) -> Markup {
        tag(
            "dl",
            ["class": "why"],
            lines.map { name, value in tag("div", [:], [tag("dt", text: name), tag("dd", text: value)]) }
        )
    }
}
