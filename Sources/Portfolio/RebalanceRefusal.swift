public import TradingDomain

/// Why target weights cannot be planned for.
public enum RebalanceRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case noEquity(Money)
    case duplicateSymbol(Symbol)
    case weightOfClosed(Symbol)
    case shortDisabled([Symbol])
    case weightsExceedGross(sum: FixedDecimal, limit: FixedDecimal)
    case cashWeight(sum: FixedDecimal, cash: FixedDecimal)
    /// What is held and not listed differs from `closes`.
    case unlistedHoldings(notNamed: [Symbol], notHeld: [Symbol])
    case noPrice([Symbol])
    case unknownInstrument([Symbol])
    case currency(Symbol, Currency)

    /// Stable name for results, as in the decision contract.
    public var code: String {
        switch self {
        case .noEquity: "EQUITY"
        case .duplicateSymbol: "DUPLICATE_SYMBOL"
        case .weightOfClosed: "WEIGHT_OF_CLOSED"
        case .shortDisabled: "SHORT_DISABLED"
        case .weightsExceedGross: "WEIGHTS_EXCEED_GROSS"
        case .cashWeight: "CASH_WEIGHT"
        case .unlistedHoldings: "UNLISTED_HOLDINGS"
        case .noPrice: "NO_PRICE"
        case .unknownInstrument: "SYMBOL_UNKNOWN"
        case .currency: "CURRENCY"
        }
    }

    public var description: String {
        switch self {
        case .noEquity(let equity): "Equity is \(equity); weights need something to weigh. Fund the account."
        case .duplicateSymbol(let symbol): "\(symbol) is listed twice. Give each symbol one weight."
        case .weightOfClosed(let symbol): "\(symbol) is in `closes` and has a weight. Remove it from one of them."
        case .shortDisabled(let symbols):
            "Negative weights for \(Self.list(symbols)), but short selling is off for this account."
        case .weightsExceedGross(let sum, let limit):
            "The weights' magnitudes sum to \(sum) %, above the account's \(limit) %. Scale them down."
        case .cashWeight(let sum, let cash):
            "Weights of \(sum) % and cash of \(cash) % do not make 100 %. Correct one of them."
        case .unlistedHoldings(let notNamed, let notHeld):
            "The whole book was given, but `closes` does not match it:"
                + (notNamed.isEmpty ? "" : " held and not listed: \(Self.list(notNamed));")
                + (notHeld.isEmpty ? "" : " named and not an unlisted holding: \(Self.list(notHeld));")
                + " name exactly what shall be sold, or use scope LISTED."
        case .noPrice(let symbols): "No price above zero for \(Self.list(symbols)). Wait for quotes, or leave them out."
        case .unknownInstrument(let symbols): "No instrument is known as \(Self.list(symbols)). Check the spelling."
        case .currency(let symbol, let currency):
            "\(symbol) trades in \(currency), which is not the account's currency. Use an account in that currency."
        }
    }

    private static func list(_ symbols: [Symbol]) -> String { symbols.map(\.text).joined(separator: ", ") }
}
