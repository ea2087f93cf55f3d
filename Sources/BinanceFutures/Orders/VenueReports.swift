import OrderManagement
import TradingDomain

/// Turns what the venue says of orders into the engine's reports; a pure value.
struct VenueReports: Sendable {
    /// Something that a person should know of.
    struct Note: Hashable, Sendable {
        let code: String
        let message: String
    }

    let account: AccountID
    let currency: Currency
    var rules: [Symbol: SymbolRules]
    var chains = ReplacementChains()

    /// The reports of one event of the account's stream.
    mutating func reports(of update: UserStreamEvent.OrderUpdate) -> (events: [BrokerEvent], notes: [Note]) {
        guard update.id.parts != nil else { return foreign(update) }
        var events: [BrokerEvent] = []
        var notes: [Note] = []
        switch update.execution {
        case "NEW": events.append(.acknowledged(update.id, update.brokerID, at: update.at))
        case "TRADE", "CALCULATED":
            let fill = fill(of: update, for: chains.owner(of: update.id, after: update.cumulative))
            events += fill.events
            notes += fill.notes
        case "AMENDMENT":
            events += changed(
                update.id,
                update.brokerID,
                update.quantity,
                update.price,
                update.cumulative,
                at: update.at
            )
        default: break
        }
        if let end = end(update.id, update.status, cumulative: update.cumulative) { events.append(end) }
        return (events, notes)
    }

    /// The end of an order, from its status; `nil` for one that is open.
    ///
    /// Also of a filled one: its last trade may be told while an earlier one was lost, and the venue's total is then what shows it.
    func end(_ root: ClientOrderID, _ status: String, cumulative: Quantity) -> BrokerEvent? {
        let head = chains.head(of: root, cumulative: cumulative)
        return switch status {
        case "CANCELED": .cancelled(head.id, executed: head.executed)
        case "FILLED", "EXPIRED", "EXPIRED_IN_MATCH": .expired(head.id, executed: head.executed)
        case "REJECTED": .rejected(head.id, code: "rejected_later", message: "The venue rejected the order.")
        default: nil
        }
    }

    /// The venue changed an order: a replacement of ours has taken its place, or nothing of ours.
    mutating func changed(
        _ root: ClientOrderID,
        _ broker: BrokerOrderID,
        _ total: Quantity,
        _ price: Price,
        _ cumulative: Quantity,
        at: Timestamp
    ) -> [BrokerEvent] {
        chains.changed(root, total: total, price: price, cumulative: cumulative).map {
            [.replaced($0.old, by: $0.new, broker, executed: $0.executed, at: at)]
        } ?? []
    }

    // MARK: Fills

    /// The fill of a trade of which an answer tells.
    func fill(_ trade: WireTrade, for id: ClientOrderID) -> (events: [BrokerEvent], notes: [Note]) {
        fill(
            id,
            trade.symbol,
            trade.side,
            trade: trade.id,
            trade.qty,
            trade.price,
            (trade.commission, trade.commissionAsset),
            at: Timestamp(milliseconds: trade.time)
        )
    }

    private func fill(
        of update: UserStreamEvent.OrderUpdate,
        for id: ClientOrderID
    ) -> (events: [BrokerEvent], notes: [Note]) {
        // Without a trade there is nothing to book, as in the first report of a liquidation.
        guard update.tradeID != 0, update.lastQuantity > .zero else { return ([], []) }
        return fill(
            id,
            update.symbol,
            update.side,
            trade: update.tradeID,
            update.lastQuantity,
            update.lastPrice,
            (update.commission ?? .zero, update.commissionAsset ?? currency.rawValue),
            at: update.at
        )
    }

    private func fill(
        _ id: ClientOrderID,
        _ symbol: Symbol,
        _ side: Side,
        trade: Int64,
        _ quantity: Quantity,
        _ price: Price,
        _ commission: (amount: FixedDecimal, asset: String),
        at: Timestamp
    ) -> (events: [BrokerEvent], notes: [Note]) {
        guard let rules = rules[symbol] else {
            let message =
                "Trade \(trade) of \(quantity) \(symbol) was not booked, since the venue does not list the symbol. "
                + "Book it by hand, and run `smartexec reconcile`."
            return ([], [Note(code: "unlisted_symbol", message: message)])
        }
        var notes: [Note] = []
        var paid = Money(units: commission.amount.units, rules.currency)
        if commission.asset != rules.currency.rawValue, commission.amount != .zero {
            paid = .zero(rules.currency)
            let message =
                "The commission of \(commission.amount) \(commission.asset) for trade \(trade) of \(symbol) is in another asset "
                + "than the account's and was not booked. Turn off fees in BNB at the venue."
            notes.append(Note(code: "commission_in_another_asset", message: message))
        }
        let fill = Fill(
            account: account,
            symbol: symbol,
            tradeID: TradeID(unchecked: String(trade)),
            clientOrderID: id,
            side: side,
            quantity: quantity,
            price: price,
            notional: rules.instrument.notional(price, quantity),
            commission: paid,
            tradedAt: at
        )
        return ([.filled(fill)], notes)
    }

    /// An order that is not ours: its trades count, and somebody should know.
    private func foreign(_ update: UserStreamEvent.OrderUpdate) -> (events: [BrokerEvent], notes: [Note]) {
        var (events, notes) = fill(of: update, for: update.id)
        if update.execution == "NEW" || !events.isEmpty, let note = Self.note(on: update) { notes.append(note) }
        events.removeAll { event in if case .filled = event { false } else { true } }
        return (events, notes)
    }

    private static func note(on update: UserStreamEvent.OrderUpdate) -> Note? {
        let what = "\(update.side) \(update.quantity) \(update.symbol), order \(update.clientID)"
        if update.clientID.hasPrefix("autoclose-") {
            return Note(
                code: "liquidation",
                message: "The venue is liquidating: \(what). Add margin or close the rest."
            )
        }
        if update.clientID.hasPrefix("adl_autoclose") {
            return Note(code: "deleveraging", message: "The venue reduced a position by auto-deleveraging: \(what).")
        }
        if update.clientID.hasPrefix("settlement_autoclose-") {
            return Note(code: "settlement", message: "The venue settled a position: \(what).")
        }
        guard update.execution == "NEW" else { return nil }
        return Note(code: "external_order", message: "Somebody else sent an order in this account: \(what).")
    }
}
