import TradingDomain

/// What someone who runs the venue changes of a symbol's rules; what is `nil` stays.
struct SymbolChange {
    let symbol: Symbol
    private var tick: Price?
    private var step: Quantity?
    private var leastQuantity: Quantity?
    private var mostMarketQuantity: Quantity?
    private var leastNotional: FixedDecimal?
    private var status: VenueSymbol.Status?

    /// Reads the fields of a request; `nil` when one is unknown, is no positive number or names nothing.
    init?(_ fields: [String: String]) {
        guard let symbol = fields["symbol"].flatMap({ Symbol($0) }) else { return nil }
        self.symbol = symbol
        // The caller says what is wanted, whatever was wrong.
        for (key, text) in fields where key != "symbol" {
            switch key {
            case "tick": tick = try? Price(parsing: text)
            case "step": step = try? Quantity(parsing: text)
            case "least_quantity": leastQuantity = try? Quantity(parsing: text)
            case "most_market_quantity": mostMarketQuantity = try? Quantity(parsing: text)
            case "least_notional": leastNotional = try? FixedDecimal(parsing: text)
            case "status": status = VenueSymbol.Status(rawValue: text)
            default: return nil
            }
        }
        let numbers = [tick?.units, step?.units, leastQuantity?.units, mostMarketQuantity?.units].compactMap(\.self)
        let read = numbers.count + [leastNotional != nil, status != nil].count { $0 }
        guard read == fields.count - 1, read > 0, numbers.allSatisfy({ $0 > 0 }),
            leastNotional.map({ $0 > .zero }) ?? true
        else { return nil }
    }

    func applied(to rules: VenueSymbol) -> VenueSymbol {
        var rules = rules
        rules.tick = tick ?? rules.tick
        rules.step = step ?? rules.step
        rules.leastQuantity = leastQuantity ?? max(rules.leastQuantity, rules.step)
        rules.mostMarketQuantity = mostMarketQuantity ?? rules.mostMarketQuantity
        rules.leastNotional = leastNotional ?? rules.leastNotional
        rules.status = status ?? rules.status
        return rules
    }
}
