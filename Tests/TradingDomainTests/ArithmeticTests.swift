import Foundation
import Testing
import TradingDomain

struct ArithmeticTests {
    @Test(arguments: [
        (1, 1, 2, 0), (3, 1, 2, 2), (5, 1, 2, 2), (-1, 1, 2, 0), (-3, 1, 2, -2), (7, 1, 3, 2), (8, 1, 3, 3),
        (1, -3, 2, -2),
        (3, 1, -2, -2), (-3, -1, -2, -2), (0, 5, 7, 0), (10, 10, 100, 1),
    ])
    func halvesGoToTheEvenNeighbour(_ value: Int, _ factor: Int, _ divisor: Int, _ expected: Int) {
        #expect(Rounding.halfEven(Int128(value), times: Int128(factor), over: Int128(divisor)) == Int128(expected))
    }

    /// The definition: nearest, and even when two are nearest.
    @Test(arguments: 0..<20)
    func roundingIsNearestEven(_ seed: Int) {
        var random = Seeded(state: UInt64(seed))
        for _ in 0..<200 {
            let (value, factor) = (Int128(random.integer(digits: 18)), Int128(random.integer(digits: 15)))
            let divisor = Int128(random.integer(digits: 12))
            guard divisor != 0 else { continue }
            let rounded = Rounding.halfEven(value, times: factor, over: divisor)
            let twice = 2 * (value * factor - rounded * divisor)
            #expect(twice.magnitude <= divisor.magnitude)
            if twice.magnitude == divisor.magnitude { #expect(rounded % 2 == 0) }
        }
    }

    /// The product may need more than 128 bits as long as the result does not.
    @Test func productsMayBeWide() {
        let large = Int128.max / 3
        #expect(Rounding.halfEven(large, times: large, over: large) == large)
        #expect(Rounding.halfEven(-large, times: large, over: large) == -large)
        #expect(Rounding.floor(large, times: large, over: large) == large)
        #expect(Rounding.floor(large, times: large, over: 2) == nil)
    }

    @Test(arguments: [(7, 2, 3), (-7, 2, -4), (-8, 2, -4), (0, 5, 0), (-1, 100, -1)])
    func floorsGoDown(_ value: Int, _ divisor: Int, _ expected: Int) {
        #expect(Rounding.floor(Int128(value), over: Int128(divisor)) == Int128(expected))
    }

    /// Price × quantity × multiplier, rounded once: against an independent decimal with banker's rounding.
    @Test(arguments: ["1", "100", "0.1", "50", "0.00001"])
    func notionalAgreesWithAnIndependentDecimal(_ multiplier: String) throws {
        let instrument = Instrument(
            symbol: try #require(Symbol("ES")),
            contractMultiplier: try FixedDecimal(parsing: multiplier)
        )
        var random = Seeded(state: 17)
        for _ in 0..<1000 {
            let price = Price(units: random.integer(digits: 14))
            let quantity = Quantity(units: random.integer(digits: 15))
            var exact =
                try #require(Decimal(string: price.description)) * #require(Decimal(string: quantity.description))
            exact *= try #require(Decimal(string: multiplier))
            var rounded = Decimal()
            NSDecimalRound(&rounded, &exact, 8, .bankers)
            #expect(instrument.notional(price, quantity).amount.description == rounded.description)
        }
    }

    /// The most lots whose value fits: one more would not.
    @Test(arguments: ["1", "100", "0.1"])
    func quantitiesFitTheMoney(_ multiplier: String) throws {
        let instrument = Instrument(
            symbol: try #require(Symbol("X")),
            lot: try Quantity(parsing: "0.001"),
            contractMultiplier: try FixedDecimal(parsing: multiplier)
        )
        var random = Seeded(state: 3)
        for _ in 0..<500 {
            let price = Price(units: Int64.random(in: 1_000_000...90_000_000_000, using: &random))
            let money = Money(units: Int128.random(in: 0...1_000_000_000_000_000, using: &random), .usd)
            let quantity = instrument.quantity(for: money, at: price)
            #expect(quantity.units % instrument.lot.units == 0)
            // One unit of 10⁻⁸ of slack: the notional itself is rounded.
            #expect(instrument.notional(price, quantity).units <= money.units + 1)
            #expect(instrument.notional(price, quantity + instrument.lot).units >= money.units)
        }
        #expect(instrument.quantity(for: Money(units: -5, .usd), at: Price(units: 1)) == .zero)
    }

    @Test func pricesRoundToTheTickWithoutConceding() throws {
        let tick = try Price(parsing: "0.05")
        for (text, buy, sell) in [("10.07", "10.05", "10.1"), ("10.05", "10.05", "10.05"), ("-0.01", "-0.05", "0")] {
            let price = try Price(parsing: text)
            #expect(price.rounded(to: tick, for: .buy).description == buy)
            #expect(price.rounded(to: tick, for: .sell).description == sell)
        }
        let most = Price(units: .max)
        #expect(most.rounded(to: tick, for: .sell) == most.rounded(to: tick, for: .buy))
        #expect(most.worsened(byBps: FixedDecimal(500), for: .buy) == most)
        let price = try Price(parsing: "200")
        #expect(price.worsened(byBps: FixedDecimal(50), for: .buy).description == "201")
        #expect(price.worsened(byBps: FixedDecimal(50), for: .sell).description == "199")
        #expect(Price.mid(Price(units: 1), Price(units: 2)).units == 1)
        #expect(Price.mid(Price(units: -1), Price(units: -2)).units == -2)
        #expect(Price(nearest: 0.1).description == "0.1")
    }

    @Test func quantitiesCountLots() throws {
        let quantity = try Quantity(parsing: "-12.7")
        #expect(quantity.lots(of: Quantity(5)) == -2)
        #expect(quantity.rounded(toLot: Quantity(5)) == Quantity(-10))
        #expect(quantity.magnitude.description == "12.7")
        #expect(Quantity(10).share(1, of: 3).description == "3.33333333")
        #expect((-Quantity(10)).share(1, of: 3).description == "-3.33333334")
        let most = Quantity(units: .max)
        #expect(Quantity(2).addingClamped(Quantity(3)) == Quantity(5))
        #expect(most.addingClamped(Quantity(1)) == most && (-most).addingClamped(-most) == Quantity(units: .min))
    }

    @Test func moneyKeepsItsCurrency() throws {
        let money = try Money(parsing: "10.00000001", .usd)
        #expect("\(money + money)" == "20.00000002 USD")
        #expect("\(money - money - money)" == "-10.00000001 USD")
        #expect(money.times(try FixedDecimal(parsing: "0.5")).amount.description == "5")
        #expect(money.percent(FixedDecimal(10)).amount.description == "1")
        #expect(Money.zero(.krw) < Money(units: 1, .krw) && (-money).isNegative)
        #expect(
            Currency(rawValue: "usd") == nil && Currency(rawValue: "US") == nil && Currency(rawValue: "ABCDEF") == nil
        )
        #expect(Currency(rawValue: "USDT") == .usdt)
    }

    @Test func decimalsMultiplyAndDivideHalfEven() throws {
        let third = FixedDecimal(1) / FixedDecimal(3)
        #expect(third.description == "0.33333333")
        #expect((FixedDecimal(2) / FixedDecimal(3)).description == "0.66666667")
        #expect((FixedDecimal(units: 1) * FixedDecimal(units: 50_000_000)).units == 0)
        #expect((FixedDecimal(units: 3) * FixedDecimal(units: 50_000_000)).units == 2)
        #expect((-third + third) == .zero)
    }
}
