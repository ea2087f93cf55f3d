import Workflows

/// Step types and inputs of the grammar that this program does not carry out yet.
///
/// Files that use them validate; a run of one is refused before it begins, with the places. Whoever builds one adds it to the
/// step itself and removes it here.
enum PlannedSteps {
    static let signatures: [StepSignature] = []

    /// By step type.
    static let inputs: [String: [StepSignature.Field]] = [
        "portfolio.size": [
            .optional("method", .text, oneOf: ["equal", "inverse_volatility"], isPlanned: true),
            .optional("max_turnover", .percent, isPlanned: true),
        ],
        "portfolio.rebalance": [.optional("sell_before_buy", .bool, isPlanned: true)],
    ]
}
