import ExecutionEngine
import Portfolio
import TradingDomain

/// What a batch books: each fill once, and the ledger entries that no fill tells.
struct BatchBooks {
    /// A fill that is in the batch twice is one fill.
    private(set) var fills: [Fill] = []
    /// For each fill, whether the ledger has its entry; it has none when the fill could not be booked.
    private var isBooked: [Bool] = []
    private(set) var entries: [LedgerEntry] = []

    private struct Trade: Hashable {
        let symbol: Symbol
        let id: String
    }

    init(_ batch: EngineBatch) {
        var places: [Trade: Int] = [:]
        fills.reserveCapacity(batch.fills.count)
        for fill in batch.fills {
            let trade = Trade(symbol: fill.symbol, id: fill.tradeID.text)
            guard places[trade] == nil else { continue }
            places[trade] = fills.count
            fills.append(fill)
        }
        isBooked = [Bool](repeating: false, count: fills.count)
        for entry in batch.ledger {
            if entry.kind == .fill, let symbol = entry.symbol,
                let place = places[Trade(symbol: symbol, id: entry.reference)]
            {
                isBooked[place] = true
            } else {
                entries.append(entry)
            }
        }
    }

    /// The statements, with those whose answers tell what was booked before.
    func statements(
        _ account: AccountID,
        settles: Bool
    ) throws -> [(PostgresStatement, BatchStatements.Answer?)] {
        var statements: [(PostgresStatement, BatchStatements.Answer?)] = []
        let (symbols, trades) = (fills.texts(\.symbol.text), fills.texts(\.tradeID.text))
        if !fills.isEmpty, !settles {
            let key: [PostgresValue] = [.text(account.text), symbols, trades]
            statements.append((try PostgresStatement(file: "record_fill_keys", key), nil))
        }
        if !fills.isEmpty {
            let statement = try PostgresStatement(
                file: settles ? "settle_fills" : "record_fills",
                [
                    .text(account.text), fills.texts { $0.clientOrderID.parts?.parent.text },
                    fills.texts(\.clientOrderID.text), symbols, trades, fills.texts(\.side.rawValue),
                    fills.decimals { Int128($0.quantity.units) }, fills.decimals { Int128($0.price.units) },
                    fills.decimals(\.notional.units), fills.decimals(\.commission.units),
                    fills.texts(\.notional.currency.rawValue), fills.numbers(\.tradedAt.nanoseconds),
                    isBooked.flags(\.self),
                ]
            )
            statements.append((statement, settles ? .fills : nil))
        }
        if !entries.isEmpty { statements.append((try BatchStatements.ledger(entries, account), .ledger)) }
        return statements
    }
}

extension BatchStatements {
    /// Entries that no fill tells.
    static func ledger(_ entries: [LedgerEntry], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_ledger",
            [
                .text(account.text), entries.texts(\.kind.rawValue), entries.texts(\.reference),
                entries.texts { $0.symbol?.text }, entries.decimals { $0.quantity.map { Int128($0.units) } },
                entries.decimals { $0.notional?.units }, entries.decimals(\.cashChange.units),
                entries.decimals(\.commission.units), entries.texts(\.cashChange.currency.rawValue),
                entries.texts(\.note), entries.numbers(\.at.nanoseconds),
            ]
        )
    }

    static func positions(_ positions: [Position], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "update_positions",
            [
                .text(account.text), positions.texts(\.symbol.text),
                positions.decimals { Int128($0.quantity.units) }, positions.decimals(\.costBasis.units),
                positions.decimals(\.realized.units), positions.texts(\.costBasis.currency.rawValue),
            ]
        )
    }

    /// Numbers travel as their shortest texts, which read back to the last bit.
    static func slippages(_ records: [SlippageRecord], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_slippages",
            [
                .text(account.text), records.texts(\.parent.text), records.numbers(\.at.nanoseconds),
                .textArray(records.map { "\($0.slippage)" }), .textArray(records.map { "\($0.limit)" }),
            ]
        )
    }

    static func alerts(_ alerts: [EngineAlert], _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_alerts",
            [
                .text(account.text), alerts.texts { $0.parent?.text }, alerts.texts(\.code), alerts.texts(\.message),
                alerts.numbers(\.at.nanoseconds), alerts.texts(\.level.rawValue),
            ]
        )
    }
}
