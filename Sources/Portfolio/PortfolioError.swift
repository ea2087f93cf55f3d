public import TradingDomain

/// Why something cannot be booked or valued.
public enum PortfolioError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongAccount(reference: String, entry: AccountID, ledger: AccountID)
    case wrongCurrency(reference: String, entry: Currency, ledger: Currency)
    case malformedEntry(reference: String, reason: String)
    /// The same reference was booked before with other content.
    case conflictingEntry(reference: String)
    case missingMarks([Symbol])

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .wrongAccount: "ledger_wrong_account"
        case .wrongCurrency: "ledger_wrong_currency"
        case .malformedEntry: "ledger_malformed_entry"
        case .conflictingEntry: "ledger_conflicting_entry"
        case .missingMarks: "portfolio_missing_marks"
        }
    }

    public var description: String {
        switch self {
        case .wrongAccount(let reference, let entry, let ledger):
            "Entry '\(reference)' belongs to account \(entry), not to \(ledger). Book it in its own ledger."
        case .wrongCurrency(let reference, let entry, let ledger):
            "'\(reference)' is in \(entry), but the account is kept in \(ledger). Book the conversion first."
        case .malformedEntry(let reference, let reason):
            "Entry '\(reference)' cannot be booked: \(reason). Compare it with the broker's statement."
        case .conflictingEntry(let reference):
            "Entry '\(reference)' was booked before with other amounts. Compare both with the broker's statement; "
                + "correct the difference by an adjustment."
        case .missingMarks(let symbols):
            "No price for \(symbols.map(\.text).joined(separator: ", ")), so the account cannot be valued. "
                + "Wait for market data, or check that its source has these instruments."
        }
    }
}
