import Testing
import TradingDomain

@testable import PaperVenue

@Suite("Amounts")
struct AmountsTests {
    @Test(
        "Text has exactly the decimals that were asked for, rounded half-even",
        arguments: [
            (Int128(9_512_040_000_000), 2, "95120.40"), (0, 2, "0.00"), (400_000, 3, "0.004"), (-5_000_000, 1, "0.0"),
            (15_000_000, 1, "0.2"), (-1, 8, "-0.00000001"), (100_000_000, 0, "1"),
        ]
    )
    func text(units: Int128, decimals: Int, expected: String) {
        #expect(Amounts.text(units, decimals: decimals) == expected)
    }
}
