import Foundation
import Testing
import TradingDomain

@testable import MarketData

/// What readers accept, and what they say of a file that is wrong.
@Suite struct RowTests {
    private static let header = "ts,open,high,low,close,volume\n"
    private static let good = "2019-02-15T14:30:00.000Z,10,11,9,10.5,100\n"

    private func bars(_ text: String) throws -> [TradeBarRow] {
        try TestData.withFile(text) { try MarketFileReader<TradeBarRow>($0).all() }
    }

    private func failure(_ text: String) throws -> MarketDataError {
        try #require(throws: MarketDataError.self) { try bars(text) }
    }

    @Test(arguments: [
        ("2019-02-15T14:31:00.000Z,10,11,9,ten,100", "bad_number", "close"),
        ("2019-02-15T14:31:00.000Z,10,11,9,,100", "empty_cell", "close"),
        ("2019-02-15T14:31:00.000Z,10,11,9,10.123456789,100", "too_precise", "close"),
        ("2019-02-15T14:31:00.000Z,10,11,9,10,99999999999999", "number_out_of_range", "volume"),
        ("2019-02-15T14:31:00.000Z,10,11,9,10,-1", "negative_size", "volume"),
        ("2019-02-15T14:29:00.000Z,10,11,9,10,100", "time_steps_back", "ts"),
        ("2019-02-15 14:31,10,11,9,10,100", "bad_time", "ts"),
        ("2019-02-30T14:31:00.000Z,10,11,9,10,100", "bad_time", "ts"),
        ("2019-02-15T14:31:00.000Z,10,8.99,9,9,100", "high_below_low", "high"),
        ("2019-02-15T14:31:00.000Z,10,11,9,12,100", "price_outside_range", "close"),
        ("2019-02-15T14:31:00.000Z,10,11,9,10", "column_count", "5 columns"),
        ("2019-02-15T14:31:00.000Z,10,11,9,10,1,2", "column_count", "7 columns"),
        ("2019-02-15T14:31:00.000Z,10,11,9,10,\"1", "bad_quotes", "not closed"),
    ])
    func wrongRowIsNamedByFileLineAndColumn(row: String, code: String, word: String) throws {
        let error = try failure(Self.header + Self.good + row + "\n")
        #expect(error.code == code)
        #expect(error.line == 3)
        #expect(error.file?.hasSuffix("rows.csv") == true)
        #expect(error.message.contains(word), "\(error)")
    }

    @Test func missingColumnNamesThoseFound() throws {
        let error = try failure("ts,open,high,low,last,volume\n")
        #expect(error.code == "missing_column")
        #expect(error.message.contains("'close'") && error.message.contains("ts, open, high, low, last, volume"))
    }

    @Test func emptyAndAbsentFiles() throws {
        #expect(try failure("").code == "no_header")
        #expect(try bars(Self.header).isEmpty)
        let absent = #expect(throws: MarketDataError.self) { try MarketFileReader<TradeBarRow>("no/such.csv.gz") }
        #expect(absent?.code == "file_unreadable")
    }

    @Test func columnsMayComeInAnyOrderQuotedAndWithOtherLineEnds() throws {
        let plain = try bars(Self.header + Self.good)
        let other = try bars(
            "\u{FEFF}volume,note,\"close\",ts,low,high,open\r\n"
                + "100,\"a \"\"b\"\", c\",10.5,\"2019-02-15T14:30:00Z\",9,11.00,1e1\r\n\r\n"
        )
        #expect(plain == other)
        #expect(plain.first?.prices.close == Price(units: 1_050_000_000))
        // Without a line end after the last row.
        #expect(try bars(Self.header + Self.good.dropLast()) == plain)
    }

    @Test func rowsBeforeTheWrongOneAreRead() throws {
        try TestData.withFile(Self.header + Self.good + "x\n") { file in
            let reader = try MarketFileReader<TradeBarRow>(file)
            #expect(try reader.next() != nil)
            #expect(throws: MarketDataError.self) { try reader.next() }
        }
    }

    @Test func shortAndDamagedGzipFiles() throws {
        let name = TestData.file("equity-minute/SPY_20190211-20190215_trade_1m.csv.gz")
        let whole = try Data(contentsOf: URL(filePath: name))
        try TestData.withFolder { folder in
            func read(_ data: Data) throws -> Int {
                let file = "\(folder)/cut.csv.gz"
                try data.write(to: URL(filePath: file))
                return try MarketFileReader<TradeBarRow>(file).all().count
            }
            #expect(try read(whole) == 1950)
            for length in [whole.count - 1, whole.count / 2, 100] {
                let cut = try #require(throws: MarketDataError.self) { try read(whole.prefix(length)) }
                #expect(cut.code == "truncated_gzip", "\(length): \(cut)")
                #expect((cut.line ?? 0) >= 1)
            }
            var damaged = whole
            damaged[damaged.count - 6] ^= 0xFF
            let error = try #require(throws: MarketDataError.self) { try read(damaged) }
            #expect(error.code == "damaged_gzip")
        }
    }

    @Test(arguments: [
        ("0", 0), ("12.5", 1_250_000_000), ("-0.00000001", -1), ("007", 700_000_000),
        ("92233720368.54775807", Int64.max),
        ("-92233720368.54775808", Int64.min), ("1.234567890000", 123_456_789), ("1e-8", 1), ("2.5E+2", 25_000_000_000),
        ("0.00005330000000000001", 5330), ("105.02008925999999", 10_502_008_926),
        ("500881.25232499995", 50_088_125_232_500),
        ("9.9999999999999995e-07", 100), ("24.859130439999973", 2_485_913_044),
    ])
    func decimals(text: String, units: Int64) throws {
        #expect(try decimal(text) == units)
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".e1", "1e", "1e+", "1,5", " 1", "1 ", "+1", "nan", "inf", "0x1", "1.5.5", "--1",
        "0.000000015",
        "1.000000004", "92233720368.54775808", "1e300", "1e-300", "0.0000000000000000000000000000000000000001",
        "99999999999999999999999999999999999999999", "1.00000000000001",
    ])
    func whatIsNoDecimal(text: String) {
        #expect(throws: DecimalBytes.Failure.self) { try decimal(text) }
    }

    /// Agrees with the strict parser of the domain on every decimal that it takes.
    @Test func plainDecimalsAgreeWithTheDomain() throws {
        var state: UInt64 = 7
        for _ in 0..<5000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let price = Price(units: Int64(bitPattern: state) >> Int64(state % 60))
            #expect(try decimal(price.description) == price.units)
        }
    }

    private func decimal(_ text: String) throws -> Int64 {
        try Array(text.utf8).withUnsafeBufferPointer { try DecimalBytes.units($0) }
    }

    /// Lines around the reader's buffer size are neither cut nor joined.
    @Test func longLinesAndManyLines() throws {
        let note = String(repeating: "x", count: 300_000)
        let text =
            "ts,open,high,low,close,volume,note\n" + "2019-02-15T14:30:00.000Z,10,11,9,10.5,100,\(note)\n"
            + String(repeating: "2019-02-15T14:30:00.000Z,10,11,9,10.5,100,y\n", count: 5000)
        #expect(try bars(text).count == 5001)
    }
}
