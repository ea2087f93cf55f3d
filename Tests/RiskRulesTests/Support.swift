import RiskRules
import Testing
import TradingDomain

func usd(_ text: String) throws -> Money { try Money(parsing: text, .usd) }
func decimal(_ text: String) throws -> FixedDecimal { try FixedDecimal(parsing: text) }
func price(_ text: String) throws -> Price { try Price(parsing: text) }
func symbol(_ text: String) throws -> Symbol { try #require(Symbol(text)) }
func shares(_ text: String, lot: Int = 1, minimum: String? = nil) throws -> Instrument {
    Instrument(symbol: try symbol(text), lot: Quantity(lot), minimumNotional: try minimum.map { try usd($0) })
}

func order(
    _ side: Side,
    _ quantity: Int,
    _ instrument: Instrument,
    at: Price = Price(units: 10_000_000_000)
) -> ProposedOrder {
    ProposedOrder(
        instrument: instrument,
        side: side,
        quantity: Quantity(quantity),
        referencePrice: at,
        urgency: .medium,
        urgencySource: "test",
        note: ""
    )
}

/// An account worth 100000 USD with `held` of NVDA at 100 and everything else in cash.
func snapshot(
    held: Int = 0,
    equity: String = "100000",
    mark: String = "100",
    reservations: [Reservation] = []
) throws -> RiskSnapshot {
    let stock = try shares("NVDA")
    let value = stock.notional(try price(mark), Quantity(held))
    return RiskSnapshot(
        account: AccountID(unchecked: "paper"),
        environment: .paper,
        equity: try usd(equity),
        cash: try usd(equity) - value,
        dayStartEquity: try usd("100000"),
        holdings: [.init(instrument: stock, quantity: Quantity(held), mark: try price(mark))],
        reservations: reservations
    )
}

func reservation(_ side: Side, _ quantity: Int, _ name: String = "NVDA", at dollars: Int = 100) throws -> Reservation {
    let notional = try usd("\(quantity * dollars)")
    return Reservation(
        symbol: try symbol(name),
        side: side,
        quantity: Quantity(quantity),
        notional: notional,
        cash: side == .buy ? notional : .zero(.usd)
    )
}

let noon = Timestamp(nanoseconds: 1_000_000_000)

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
