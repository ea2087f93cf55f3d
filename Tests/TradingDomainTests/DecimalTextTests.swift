import Foundation
import Testing
import TradingDomain

struct DecimalTextTests {
    @Test(arguments: [
        ("0", 0), ("1", 100_000_000), ("-1", -100_000_000), ("0.00000001", 1), ("-0.00000001", -1),
        ("12.5", 1_250_000_000),
        ("12.50", 1_250_000_000), ("-0", 0), ("0.10000000000", 10_000_000), ("92233720368.54775807", Int64.max),
        ("-92233720368.54775808", Int64.min),
    ])
    func wholeTextsAreRead(_ text: String, _ units: Int64) throws {
        #expect(try Price(parsing: text).units == units)
        #expect(try Quantity(parsing: text).units == units)
        #expect(try FixedDecimal(parsing: text).units == Int128(units))
        #expect(try Money(parsing: text, .usd).units == Int128(units))
    }

    @Test(arguments: [
        ("", "decimal_empty"), (" 1", "decimal_malformed"), ("1 ", "decimal_malformed"), ("+1", "decimal_malformed"),
        ("1e3", "decimal_malformed"), ("1,000", "decimal_malformed"), (".5", "decimal_malformed"),
        ("5.", "decimal_malformed"), ("-", "decimal_malformed"), ("--1", "decimal_malformed"),
        ("1.2.3", "decimal_malformed"), ("01", "decimal_malformed"), ("00", "decimal_malformed"),
        ("nan", "decimal_malformed"), ("inf", "decimal_malformed"), ("0x10", "decimal_malformed"),
        ("１", "decimal_malformed"), ("1\n", "decimal_malformed"), ("1\u{0}", "decimal_malformed"),
        ("0.000000001", "decimal_too_precise"), ("1.123456789", "decimal_too_precise"),
        ("92233720368.54775808", "decimal_out_of_range"), ("-92233720368.54775809", "decimal_out_of_range"),
        ("100000000000", "decimal_out_of_range"),
    ])
    func otherTextsAreRefused(_ text: String, _ code: String) {
        let error = #expect(throws: DecimalTextError.self) { try Price(parsing: text) }
        #expect(error?.code == code)
        if !text.isEmpty { #expect(error?.description.contains(text) == true) }
    }

    @Test func largeNumbersHaveABound() throws {
        let largest = String(repeating: "9", count: 29) + ".99999999"
        #expect(try FixedDecimal(parsing: largest).description == largest)
        #expect(throws: DecimalTextError.self) { try FixedDecimal(parsing: "1" + String(repeating: "0", count: 29)) }
    }

    /// Printing and reading are inverse, and both agree with an independent decimal.
    @Test(arguments: 0..<20)
    func textAgreesWithAnIndependentDecimal(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        for _ in 0..<200 {
            let units = random.integer(digits: 18)
            let independent = Decimal(units) / Decimal(FixedDecimal.scale)
            let price = Price(units: units)
            #expect(price.description == independent.description)
            #expect(try Price(parsing: independent.description) == price)
            #expect(try FixedDecimal(parsing: price.description).description == price.description)
        }
    }

    /// JSON carries decimals as text, never as numbers.
    @Test func codingKeepsTheText() throws {
        struct Row: Codable, Equatable {
            var price: Price
            var quantity: Quantity
            var ratio: FixedDecimal
            var money: Money
        }
        let row = Row(
            price: try Price(parsing: "-37.63"),
            quantity: Quantity(7),
            ratio: try FixedDecimal(parsing: "0.015"),
            money: try Money(parsing: "100000", .krw)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(row)
        let text = #"{"money":{"amount":"100000","currency":"KRW"},"price":"-37.63","quantity":"7","ratio":"0.015"}"#
        #expect(String(decoding: data, as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(Row.self, from: data) == row)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Price].self, from: Data(#"["1e3"]"#.utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Price].self, from: Data("[1.5]".utf8)) }
    }
}
