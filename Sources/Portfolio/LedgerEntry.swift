public import TradingDomain

/// One booked fact of an account; cash and positions are the fold of all of them (I4).
///
/// Entries are never changed. `cashChange` is the whole effect on cash, so cash is its plain sum, also in SQL.
public struct LedgerEntry: Codable, Hashable, Sendable {
    /// What kind of fact it is.
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// What the account began with: cash, or a position with its cost.
        case openingBalance = "opening_balance"
        case fill
        /// A perpetual future's funding, paid (negative) or received.
        case funding
        /// Cash that came in (positive) or went out; it is no profit.
        case transfer
        /// A correction by hand or from reconciliation, with a note that says why.
        case adjustment
    }

    public let account: AccountID
    public let kind: Kind
    /// Names the fact at its source, such as a trade id; unique per account, kind and symbol.
    public let reference: String
    /// When it happened, by the business clock or the venue's.
    public let at: Timestamp
    /// Everything that it did to cash, commission included.
    public let cashChange: Money
    /// What of it was commission; a rebate is negative.
    public let commission: Money
    public let symbol: Symbol?
    /// Signed change of the position: positive for bought.
    public let quantity: Quantity?
    /// What that change cost: a bought quantity's value, or minus a sold one's.
    public let notional: Money?
    public let note: String?

    /// - Throws: ``PortfolioError/malformedEntry(reference:reason:)`` when the parts contradict each other.
    public init(
        account: AccountID,
        kind: Kind,
        reference: String,
        at: Timestamp,
        cashChange: Money,
        commission: Money? = nil,
        symbol: Symbol? = nil,
        quantity: Quantity? = nil,
        notional: Money? = nil,
        note: String? = nil
    ) throws(PortfolioError) {
        self.account = account
        self.kind = kind
        self.reference = reference
        self.at = at
        self.cashChange = cashChange
        self.commission = commission ?? .zero(cashChange.currency)
        self.symbol = symbol
        self.quantity = quantity
        self.notional = notional
        self.note = note
        if let reason = contradiction { throw .malformedEntry(reference: reference, reason: reason) }
    }

    /// The entry of a fill: its reference is the trade id.
    ///
    /// - Throws: ``PortfolioError/malformedEntry(reference:reason:)`` for a fill of nothing or of mixed currencies.
    public init(_ fill: Fill) throws(PortfolioError) {
        guard fill.commission.currency == fill.notional.currency else {
            throw .malformedEntry(reference: fill.tradeID.text, reason: "its commission is in another currency")
        }
        try self.init(
            account: fill.account,
            kind: .fill,
            reference: fill.tradeID.text,
            at: fill.tradedAt,
            cashChange: fill.cashChange,
            commission: fill.commission,
            symbol: fill.symbol,
            quantity: fill.side == .buy ? fill.quantity : -fill.quantity,
            notional: fill.side == .buy ? fill.notional : -fill.notional
        )
    }

    /// Tells this fact from every other of the ledger.
    public struct Key: Hashable, Sendable {
        public let kind: Kind
        public let symbol: Symbol?
        public let reference: String
    }

    public var key: Key { Key(kind: kind, symbol: symbol, reference: reference) }

    private var contradiction: String? {
        let currency = cashChange.currency
        guard !reference.isEmpty else { return "it has no reference" }
        guard commission.currency == currency, notional.map({ $0.currency == currency }) ?? true else {
            return "it mixes currencies"
        }
        guard (quantity == nil) == (notional == nil) else { return "quantity and notional go together" }
        guard quantity == nil || symbol != nil else { return "it changes a position without naming a symbol" }
        switch kind {
        case .fill:
            guard let quantity, let notional, !quantity.isZero else { return "a fill changes a position" }
            let expected = -notional - commission
            return cashChange == expected ? nil : "its cash change is \(cashChange), its parts make \(expected)"
        case .openingBalance, .adjustment:
            if quantity?.isZero == true { return "it changes a position by zero" }
        case .funding, .transfer:
            if quantity != nil { return "a \(kind.rawValue) changes no position" }
        }
        return commission.units == 0 ? nil : "only a fill carries commission"
    }
}

extension LedgerEntry {
    private enum CodingKeys: String, CodingKey {
        case account, kind, reference, at, commission, symbol, quantity, notional, note
        case cashChange = "cash_change"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            account: try container.decode(AccountID.self, forKey: .account),
            kind: try container.decode(Kind.self, forKey: .kind),
            reference: try container.decode(String.self, forKey: .reference),
            at: try container.decode(Timestamp.self, forKey: .at),
            cashChange: try container.decode(Money.self, forKey: .cashChange),
            commission: try container.decodeIfPresent(Money.self, forKey: .commission),
            symbol: try container.decodeIfPresent(Symbol.self, forKey: .symbol),
            quantity: try container.decodeIfPresent(Quantity.self, forKey: .quantity),
            notional: try container.decodeIfPresent(Money.self, forKey: .notional),
            note: try container.decodeIfPresent(String.self, forKey: .note)
        )
    }
}
