import Foundation
import Portfolio
import Testing
import TradingDomain

let account = AccountID(unchecked: "paper")

func usd(_ text: String) throws -> Money { try Money(parsing: text, .usd) }
func decimal(_ text: String) throws -> FixedDecimal { try FixedDecimal(parsing: text) }
func price(_ text: String) throws -> Price { try Price(parsing: text) }
func quantity(_ text: String) throws -> Quantity { try Quantity(parsing: text) }
func symbol(_ text: String) throws -> Symbol { try #require(Symbol(text)) }
func shares(_ text: String, lot: Quantity = Quantity(1)) throws -> Instrument {
    Instrument(symbol: try symbol(text), lot: lot)
}

func fill(
    _ instrument: Instrument,
    _ side: Side,
    _ quantity: Quantity,
    _ price: Price,
    commission: Money = .zero(.usd),
    trade: Int = 1
) -> Fill {
    Fill(
        account: account,
        symbol: instrument.symbol,
        tradeID: TradeID(unchecked: "t\(trade)"),
        clientOrderID: ClientOrderID(unchecked: "sx-1"),
        side: side,
        quantity: quantity,
        price: price,
        notional: instrument.notional(price, quantity),
        commission: commission,
        tradedAt: Timestamp(nanoseconds: Int64(trade) * 1_000_000_000)
    )
}

func deposit(_ amount: Money, at seconds: Int64 = 0, kind: LedgerEntry.Kind = .openingBalance) throws -> LedgerEntry {
    try LedgerEntry(
        account: account,
        kind: kind,
        reference: "\(kind)-\(seconds)",
        at: Timestamp(nanoseconds: seconds * 1_000_000_000),
        cashChange: amount
    )
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same draws for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The reference file's bytes, in the folder `$SMARTEXEC_SHARED` or `../shared` beside the package.
func golden(_ name: String) throws -> [[String: Any]] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
    let folder = shared.map { URL(filePath: $0) } ?? root.deletingLastPathComponent().appending(path: "shared")
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: "golden/\(name)")))
    return try #require((object as? [String: Any])?["cases"] as? [[String: Any]])
}
