import TradingDomain

/// Gate 7 for one symbol: exactly one instrument, in the universe, tradable now, in the account's currency.
struct InstrumentGate {
    let context: IntakeContext

    func check(
        _ symbol: Symbol,
        venue: String? = nil,
        assetClass: AssetClass? = nil,
        statedCurrency: Currency? = nil,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) -> Instrument {
        guard let instruments = context.instruments else {
            throw record.unreadable(.instrument, "which instruments there are")
        }
        let instrument: Instrument
        switch instruments[symbol] ?? .unknown {
        case .unknown:
            throw record.refuse(
                .instrument,
                .symbolUnknown,
                "No instrument is called \(symbol) here. Check the name, or add data for it.",
                observed: symbol.text
            )
        case .ambiguous(let candidates):
            throw record.refuse(
                .instrument,
                .symbolAmbiguous,
                "Several instruments are called \(symbol): \(candidates.joined(separator: ", ")). Name the venue.",
                observed: symbol.text
            )
        case .found(let found, let inUniverse, let availability):
            instrument = found
            try check(found, inUniverse, availability, &record)
        }
        if let venue, venue != instrument.venue {
            throw record.refuse(
                .instrument,
                .symbolUnknown,
                "\(symbol) trades at \(instrument.venue) here, not at \(venue).",
                observed: venue,
                limit: instrument.venue
            )
        }
        if let assetClass, assetClass != instrument.assetClass {
            throw record.refuse(
                .instrument,
                .symbolUnknown,
                "\(symbol) is \(instrument.assetClass.rawValue) here, not \(assetClass.rawValue).",
                observed: assetClass.rawValue,
                limit: instrument.assetClass.rawValue
            )
        }
        let currency = statedCurrency ?? instrument.currency
        guard currency == instrument.currency, currency == context.accountCurrency else {
            throw record.refuse(
                .instrument,
                .currency,
                "\(symbol) is in \(instrument.currency), the decision in \(currency), the account in "
                    + "\(context.accountCurrency); all three must be one.",
                observed: currency.rawValue,
                limit: context.accountCurrency.rawValue
            )
        }
        record.pass(.instrument, observed: "\(symbol) at \(instrument.venue)")
        return instrument
    }

    private func check(
        _ instrument: Instrument,
        _ inUniverse: Bool,
        _ availability: IntakeContext.Availability,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        let symbol = instrument.symbol
        guard inUniverse else {
            throw record.refuse(
                .instrument,
                .notInUniverse,
                "\(symbol) is not in this account's universe.",
                observed: symbol.text
            )
        }
        switch availability {
        case .open: break
        case .closed(let nextOpen):
            let next = nextOpen.map { "it opens at \($0)" } ?? "its next opening is not known"
            throw record.refuse(
                .instrument,
                .notTradable,
                "\(instrument.venue) is closed for \(symbol); \(next). Run again then, or use --wait-open.",
                observed: context.now.description,
                limit: nextOpen?.description
            )
        case .suspended(let reason):
            throw record.refuse(.instrument, .notTradable, "\(symbol) is not tradable now: \(reason)")
        }
    }
}

/// The part of gate 12 that trades and weights share: a live price that can be trusted.
struct PriceGate {
    let context: IntakeContext

    /// The live middle, or the last price of a feed without a book.
    func middle(_ symbol: Symbol, _ gate: IntakeCheck.Gate, _ record: inout IntakeRecord) throws(IntakeStop) -> Price {
        guard let price = context.prices[symbol] else {
            throw record.refuse(gate, .noPrice, "There is no live price of \(symbol).")
        }
        let age = context.now - price.at
        let maximum = context.limits.maximumQuoteAgeSeconds
        guard age >= .zero, age <= .seconds(maximum) else {
            throw record.refuse(
                gate,
                .noPrice,
                "The price of \(symbol) is of \(price.at), and now is \(context.now).",
                observed: "\(Int(age.seconds)) s old",
                limit: "\(maximum) s"
            )
        }
        if let bid = price.bid, let ask = price.ask {
            guard bid.units > 0, bid <= ask else {
                throw record.refuse(
                    gate,
                    .noPrice,
                    "The book of \(symbol) is crossed or empty.",
                    observed: "bid \(bid), ask \(ask)"
                )
            }
            return Price.mid(bid, ask)
        }
        guard let last = price.last, last.units > 0 else {
            throw record.refuse(gate, .noPrice, "There is no usable price of \(symbol).")
        }
        return last
    }
}
