import Workflows

/// Step types and inputs of the grammar that this program does not carry out yet.
///
/// Files that use them validate; a run of one is refused before it begins, with the places. Whoever builds one adds it to the
/// step itself and removes it here.
enum PlannedSteps {
    static let signatures: [StepSignature] = [
        StepSignature(
            "market.bars",
            .read,
            inputs: [.required("ticker", .ticker), .required("span", .duration, doc: "how far back from now")],
            outputs: [.init("bars", .text, "one line each, as a document for agents")],
            isPlanned: true,
            doc: "Bars of one instrument up to now."
        ),
        StepSignature(
            "market.state",
            .read,
            inputs: [.required("ticker", .ticker)],
            outputs: [.init("spread_bps", .optional(.decimal)), .init("volatility", .optional(.decimal))],
            isPlanned: true,
            doc: "Spread and volatility of one instrument now."
        ),
        StepSignature(
            "notify.send",
            .notify,
            inputs: [
                .required("to", .text, doc: "a channel of the configuration"),
                .required("text", .text, isTemplate: true),
            ],
            outputs: [],
            isPlanned: true,
            doc: "Tells people, at least once."
        ),
    ]

    /// By step type.
    static let inputs: [String: [StepSignature.Field]] = [
        "agent.decide": [
            .optional("bars", .text, isPlanned: true, doc: "what market.bars gave"),
            .optional("profile", .text, isPlanned: true, doc: "of the agent"),
        ],
        "portfolio.size": [
            .optional("method", .text, oneOf: ["equal", "inverse_volatility"], isPlanned: true),
            .optional("max_turnover", .percent, isPlanned: true),
        ],
        "portfolio.rebalance": [.optional("sell_before_buy", .bool, isPlanned: true)],
        "risk.check": [.optional("limits", .text, isPlanned: true, doc: "a set of limits of the configuration")],
        "execute.route": [.optional("limit_band", .percent, isPlanned: true)],
        "execute.limit": [.optional("limit_band", .percent, isPlanned: true)],
        "execute.vwap": [
            .optional("until", .text, role: .sessionTime, isPlanned: true),
            .optional("participation", .percent, isPlanned: true),
        ],
    ]
}
