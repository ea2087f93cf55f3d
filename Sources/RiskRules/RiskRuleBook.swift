/// The rules that every order is held against, in the order they are judged.
public enum RiskRuleBook {
    /// What blocks comes first, then what may shrink, and last the venue's minimum, which sees the final size.
    ///
    /// A new rule is a file of its own and a line here.
    public static let standard: [any RiskRule] = [
        OrderShapeRule(),
        KillSwitchRule(),
        ReconciledRule(),
        SafeModeRule(),
        SessionRule(),
        RestrictedRule(),
        DuplicateRule(),
        OpenParentsRule(),
        PriceCollarRule(),
        DailyLossRule(),
        NoShortRule(),
        OrderQuantityRule(),
        OrderNotionalRule(),
        MaxPositionRule(),
        GrossExposureRule(),
        CashRule(),
        MinimumNotionalRule(),
    ]

    /// The rules for a halt's own flatten: limits are about getting in, and getting out of everything is what it is for.
    public static let flatten: [any RiskRule] = [OrderShapeRule(), KillSwitchRule(), SessionRule()]
}
