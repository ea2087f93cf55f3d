import MarketData
import Testing
import TradingDomain

/// Every format, on recorded data; the numbers are those of the data's own description.
@Suite struct RecordedFilesTests {
    private func count<Row: MarketFileRow>(_: Row.Type, _ name: String) throws -> Int {
        let reader = try MarketFileReader<Row>(TestData.file(name))
        var rows = 0
        while try reader.next() != nil { rows += 1 }
        return rows
    }

    @Test func tradeBars() throws {
        let rows = try MarketFileReader<TradeBarRow>(
            TestData.file("equity-minute/SPY_20190211-20190215_trade_1m.csv.gz")
        ).all()
        #expect(rows.count == 1950)
        #expect(rows.first?.start == Timestamp("2019-02-11T14:30:00Z"))
        #expect(rows.last?.start == Timestamp("2019-02-15T20:59:00Z"))
        #expect(rows.reduce(Quantity.zero) { $0 + $1.volume } == Quantity(337_475_245))
        #expect(rows.filter { $0.volume.isZero }.count == 1)
        #expect(rows.last?.prices.close == (try Price(parsing: "277.39")))
    }

    @Test func tradeBarsWithTurnover() throws {
        let rows = try MarketFileReader<TradeBarRow>(
            TestData.file("crypto-bars/binance_BTCUSDT-perp_trade_1h.csv.gz")
        ).all()
        #expect(rows.count == 4500)
        #expect(rows.first?.tradeCount == 39_746)
        #expect(rows.first?.quoteVolume == (try FixedDecimal(parsing: "213658733.8412")))
        #expect(rows.reduce(Quantity.zero) { $0 + $1.volume } == (try Quantity(parsing: "30701143.384")))
    }

    @Test(arguments: [
        ("crypto-bars/ADA-BTC_20180110-20180130_trade_5m.csv.gz", 5720, "1611180278.5418"),
        ("crypto-bars/ETH-BTC_20180110-20180130_trade_5m.csv.gz", 5760, "1377404.9483"),
    ])
    func floatingPointTailsAreDropped(file: String, rows: Int, volume: String) throws {
        let bars = try MarketFileReader<TradeBarRow>(TestData.file(file)).all()
        #expect(bars.count == rows)
        let total = bars.reduce(Quantity.zero) { $0 + $1.volume }
        #expect((total - (try Quantity(parsing: volume))).magnitude < (try Quantity(parsing: "0.0001")))
    }

    @Test func quoteBars() throws {
        let rows = try MarketFileReader<QuoteBarRow>(
            TestData.file("equity-minute/FOXA_20130701-20130702_quote_1m.csv.gz")
        ).all()
        #expect(rows.count == 913)
        // Four price cells each: the description counts 16 empty ones.
        #expect(rows.filter { $0.bid == nil || $0.ask == nil }.count == 4)
        #expect(rows.filter { $0.bid?.close == $0.ask?.close }.count == 2)
        #expect(try count(QuoteBarRow.self, "crypto-bars/coinbase_BTC-USD_20180404-20180405_quote_1m.csv.gz") == 2873)
        #expect(try count(QuoteBarRow.self, "futures-minute/ESZ13_20131006-20131011_quote_1m.csv.gz") == 7073)
    }

    @Test func dailyBars() throws {
        let rows = try MarketFileReader<DailyBarRow>(TestData.file("daily/AAPL_1d.csv.gz")).all()
        #expect(rows.count == 5849)
        let split = rows.filter { $0.date.description == "2014-06-06" || $0.date.description == "2014-06-09" }
        #expect(split.map { $0.prices.close.description } == ["645.57", "93.7"])
        let index = try MarketFileReader<DailyBarRow>(TestData.file("daily/SP500-index_1d.csv.gz")).all()
        #expect(index.count == 5031)
        #expect(index.last?.adjustedClose == (try Price(parsing: "2506.850098")))
        #expect(try count(DailyBarRow.self, "daily/BTCUSDT-perp_binance_1d.csv.gz") == 800)
    }

    @Test func dailyCloses() throws {
        let reader = try MarketFileReader<DailyClosesRow>(TestData.file("daily/VIX_close.csv.gz"))
        let rows = try reader.all()
        #expect(rows.count == 1305)
        #expect(rows.filter { $0.closes == [nil] }.count == 46)
        let stocks = try MarketFileReader<DailyClosesRow>(TestData.file("daily/SP500-12stocks_adjusted_close.csv.gz"))
        #expect(stocks.csv.header.dropFirst().first == "AAPL")
        #expect(try stocks.next()?.closes.count == 12)
    }

    @Test func adjustments() throws {
        let rows = try MarketFileReader<AdjustmentRow>(TestData.file("daily/AAPL_factors.csv.gz")).all()
        #expect(rows.count == 41)
        #expect(rows.first?.splitFactor == (try FixedDecimal(parsing: "0.00892857")))
    }

    @Test func fundingRatesKeepEveryDecimal() throws {
        let rows = try MarketFileReader<FundingRow>(TestData.file("funding/htx_BTC-USDT_funding.csv.gz")).all()
        #expect(rows.count == 3284)
        #expect(rows.first?.rateE18 == 658_153_991_747_989)
        #expect(try count(FundingRow.self, "funding/binance_BTC-USDT_funding.csv.gz") == 4383)
    }

    @Test func venueTrades() throws {
        let rows = try MarketFileReader<VenueTradeRow>(
            TestData.file("crypto-trades/binance_BTCUSD_PERP_20240808-09_trades.csv.gz")
        ).all()
        #expect(rows.count == 5235)
        #expect(rows.reduce(Quantity.zero) { $0 + $1.size } == Quantity(182_183))
        // The recorder's clock runs 1.27 s behind the exchange's.
        #expect(rows.allSatisfy { ($0.times.exchange ?? $0.times.local) > $0.times.local })
        let bitstamp = try MarketFileReader<VenueTradeRow>(
            TestData.file("crypto-trades/bitstamp_BTCUSD_20150501_trades.csv.gz")
        ).all()
        #expect(bitstamp.count == 575)
        #expect(bitstamp.allSatisfy { $0.aggressor == nil && $0.times.exchange == nil })
        // Printed as 9.9999999999999995e-07.
        #expect(bitstamp.first { $0.id == 8_111_281 }?.size == Quantity(units: 100))
        #expect(try count(VenueTradeRow.self, "crypto-trades/binance_XRPETH-spot_20191011_trades.csv.gz") == 5929)
    }

    @Test func bestQuotes() throws {
        let rows = try MarketFileReader<BestQuoteRow>(
            TestData.file("crypto-book/binance_BTCUSD_PERP_20240808-09_bbo.csv.gz")
        ).all()
        #expect(rows.count == 48_355)
        #expect(rows.allSatisfy { $0.bid < $0.ask })
        let spot = try MarketFileReader<BestQuoteRow>(
            TestData.file("crypto-book/binance_BTCUSDT-spot_20240808-09_bbo.csv.gz")
        )
        #expect(try spot.next()?.times.exchange == nil)
    }

    @Test func depth() throws {
        let reader = try MarketFileReader<DepthRow>(
            TestData.file("crypto-book/binance_BTCUSDT-spot_20240808-09_depth.csv.gz")
        )
        var rows = 0
        var snapshot = 0
        var removed = 0
        while let row = try reader.next() {
            rows += 1
            if row.isSnapshot { snapshot += 1 }
            if row.size.isZero { removed += 1 }
        }
        #expect((rows, snapshot, removed) == (300_111, 2000, 142_458))
    }

    @Test func bookSnapshots() throws {
        let rows = try MarketFileReader<BookSnapshotRow>(
            TestData.file("crypto-book/bitstamp_BTCUSD_20150501_book20.csv.gz")
        ).all()
        #expect(rows.count == 5011)
        #expect(rows.allSatisfy { $0.levels.bids.count == 20 && $0.levels.asks.count == 20 })
        #expect(rows.allSatisfy { zip($0.levels.bids, $0.levels.bids.dropFirst()).allSatisfy { $0.price > $1.price } })
    }

    @Test func issueBooks() throws {
        let rows = try MarketFileReader<IssueBookRow>(
            TestData.file("krx-book/KOSPI200_options_20110216_0900_book5.csv.gz")
        ).all()
        #expect(rows.count == 16_004)
        #expect(Set(rows.map(\.issue)).count == 160)
        let empty = rows.reduce(0) { $0 + 10 - $1.levels.bids.count - $1.levels.asks.count }
        #expect(empty == 4212)
    }

    @Test func singleOrders() throws {
        let reader = try MarketFileReader<OrderEventRow>(
            TestData.file("crypto-book/bitstamp_BTCUSD_20150501_orders_L3.csv.gz")
        )
        let rows = try reader.all()
        #expect(rows.count == 50_414)
    }

    @Test func bookEvents() throws {
        let reader = try MarketFileReader<BookEventRow>(
            TestData.file("equity-book/AAPL_20120621_lobster_L1.csv.gz")
        )
        var executed = Quantity.zero
        var executions = 0
        var atBest = 0
        var before: BookLevels?
        while let row = try reader.next() {
            if row.kind == .visibleExecution {
                executions += 1
                executed += row.size
                let best = row.side == .buy ? before?.bids.first : before?.asks.first
                if best?.price == row.price { atBest += 1 }
            }
            before = row.levels
        }
        #expect((executions, executed) == (23_658, Quantity(1_845_964)))
        #expect(atBest >= executions - 1)
    }

    /// SPY 2013-10-10: minute sums of trades without official prints equal the minute bars but for 13:30 UTC.
    @Test func tapeTradesAddUpToMinuteBars() throws {
        let day = Timestamp("2013-10-10T00:00:00Z")?.utcDate
        var ticks: [Int64: Quantity] = [:]
        let trades = try MarketFileReader<TapeTradeRow>(TestData.file("equity-tick/SPY_20131010_trades.csv.gz"))
        var rows = 0
        while let row = try trades.next() {
            rows += 1
            if !row.isOfficialPrint { ticks[row.at.nanoseconds / 60_000_000_000, default: .zero] += row.size }
        }
        #expect(rows == 460_032)
        var bars: [Int64: Quantity] = [:]
        for bar in try MarketFileReader<TradeBarRow>(
            TestData.file("equity-minute/SPY_20131004-20131011_trade_1m.csv.gz")
        ).all() where bar.start.utcDate == day {
            bars[bar.start.nanoseconds / 60_000_000_000] = bar.volume
        }
        #expect(ticks.values.reduce(.zero, +) == Quantity(191_255_310))
        #expect(bars.values.reduce(.zero, +) == Quantity(190_932_679))
        let differing = Set(ticks.keys).union(bars.keys).filter { ticks[$0] != bars[$0] }
        let opening = try #require(Timestamp("2013-10-10T13:30:00Z")).nanoseconds / 60_000_000_000
        #expect(differing == [opening])
    }

    @Test func tapeQuotes() throws {
        let reader = try MarketFileReader<TapeQuoteRow>(TestData.file("equity-tick/IBM_20131007_quotes.csv.gz"))
        var rows = 0
        var bids = 0
        while let row = try reader.next() {
            rows += 1
            if row.side == .buy { bids += 1 }
        }
        #expect(rows == 109_067)
        #expect(bids * 2 >= rows - 2 && bids * 2 <= rows + 2)
    }
}
