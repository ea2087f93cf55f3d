import Foundation
import TradingDomain
import Workflows

/// Step types as the reference has them, and one of our own that takes every type.
extension Fixtures {
    /// Calendars and zones are looked up; pools, agents and the like are not known here.
    static let surroundings: WorkflowSurroundings = {
        var known = WorkflowSurroundings()
        known.calendars = ["XNYS", "XKRX"]
        known.sessionLength = { _ in .seconds(23_400) }
        known.isZone = { TimeZone(identifier: $0) != nil }
        return known
    }()

    static let registry: StepRegistry = {
        let types = TypeRegistry.standard
        let book = types.records["Book"] ?? RecordType("Book", [])
        return StepRegistry(types: types, portfolio(book) + agents + orders + surroundingSteps + [echo])
    }()

    private static let proposed = ValueType.list(.record("ProposedOrder"))

    private static func portfolio(_ book: RecordType) -> [StepSignature] {
        [
            StepSignature("portfolio.snapshot", .read, inputs: [.optional("max_age", .duration)], output: book),
            StepSignature(
                "portfolio.size",
                .read,
                inputs: [
                    .required("decisions", .list(.record("Decision"))), .required("book", .record("Book")),
                    .optional("max_turnover", .percent),
                    .optional("method", .text, oneOf: ["equal", "inverse_volatility"]),
                ],
                outputs: [.init("orders", proposed)]
            ),
            StepSignature(
                "portfolio.rebalance",
                .read,
                inputs: [
                    .required("book", .record("Book")), .required("targets", .text),
                    .optional("ignore_drift_below", .percent), .optional("sell_before_buy", .bool),
                ],
                outputs: [.init("orders", proposed)]
            ),
            StepSignature(
                "portfolio.await_cash",
                .read,
                inputs: [.optional("at_least", .money)],
                outputs: [.init("available", .money)]
            ),
            StepSignature(
                "portfolio.resize",
                .read,
                inputs: [.required("orders", proposed), .required("cash", .money)],
                outputs: [.init("orders", proposed)]
            ),
        ]
    }

    private static let agents = [
        StepSignature(
            "watchlist.load",
            .read,
            inputs: [
                .optional("name", .text, role: .watchlist), .optional("tickers", .list(.ticker)),
                .optional("limit", .int),
            ],
            outputs: [.init("tickers", .list(.ticker))]
        ),
        StepSignature(
            "market.bars",
            .read,
            inputs: [.required("ticker", .ticker), .required("span", .duration)],
            outputs: [.init("bars", .text)]
        ),
        StepSignature(
            "agent.decide",
            .read,
            inputs: [
                .required("ticker", .ticker), .optional("agent", .text, default: .text("momentum"), role: .agent),
                .optional("decisions", .text, role: .file), .optional("context", .record("market_context")),
                .optional("holdings", .list(.record("Position"))), .optional("bars", .text),
                .optional("profile", .text),
            ],
            outputs: [.init("decision", .record("Decision"))]
        ),
        StepSignature(
            "model.targets",
            .read,
            inputs: [.required("model", .text, role: .model)],
            outputs: [.init("weights", .text)]
        ),
    ]

    private static let orders = [
        StepSignature(
            "risk.check",
            .read,
            inputs: [.required("orders", proposed), .optional("limits", .text)],
            outputs: [
                .init("approved", .list(.record("ApprovedOrder"))), .init("gross_notional", .money),
                .init("buy_notional", .money), .init("summary", .text),
            ]
        ),
        execute(
            "execute.route",
            [.optional("by", .text, oneOf: ["urgency", "market", "learned"]), .optional("limit_band", .percent)]
        ),
        execute("execute.limit", [.optional("limit_band", .percent)]),
        execute(
            "execute.vwap",
            [.optional("participation", .percent), .optional("until", .text, role: .sessionTime)]
        ),
        StepSignature("orders.cancel_open", .order, inputs: [], outputs: [.init("cancelled", .int)]),
    ]

    private static func execute(_ name: String, _ further: [StepSignature.Field]) -> StepSignature {
        StepSignature(
            name,
            .order,
            inputs: [
                .required("order", .record("ApprovedOrder")), .optional("urgency", .enumeration("urgency")),
            ] + further,
            outputs: [.init("fills", .record("Fills"))]
        )
    }

    private static let surroundingSteps = [
        StepSignature(
            "analytics.record",
            .read,
            inputs: [
                .optional("fills", .list(.record("Fills"))), .optional("decisions", .list(.record("Decision"))),
                .optional("before", .record("Book")),
            ],
            outputs: []
        ),
        StepSignature(
            "approval.wait",
            .read,
            inputs: [.optional("on_timeout", .text, oneOf: ["reject", "approve"]), .optional("show", .text)],
            outputs: []
        ),
        StepSignature(
            "notify.send",
            .notify,
            inputs: [.required("to", .text), .required("text", .text, isTemplate: true)],
            outputs: []
        ),
        StepSignature(
            "wait.until",
            .read,
            inputs: [
                .optional("at", .timestamp), .optional("session", .text, role: .sessionTime),
                .optional("timezone", .text, role: .zone),
            ],
            outputs: [.init("at", .timestamp)],
            oneInputOf: ["at", "session"]
        ),
    ]

    private static let echo = StepSignature(
        "test.echo",
        .pure,
        inputs: [
            .optional("number", .int), .optional("decimal", .decimal), .optional("percent", .percent),
            .optional("money", .money), .optional("when", .duration), .optional("day", .date),
            .optional("at", .timestamp), .optional("flag", .bool), .optional("text", .text),
            .optional("tickers", .list(.ticker)), .optional("urgency", .enumeration("urgency")),
            .optional("duration_minutes", .int),
        ],
        outputs: [.init("number", .int), .init("maybe", .optional(.text))]
    )
}
