import Foundation
import MarketData
import Testing
import TradingDomain

/// Recorded folders as markets, with sessions of the dates that the tests use.
@Suite struct FileMarketTests {
    /// New York's regular session of the winter (14:30 to 21:00 UTC) or summer (13:30 to 20:00 UTC); 24/7 always.
    private static func isInSession(_ instrument: Instrument, _ time: Timestamp) -> Bool {
        guard instrument.calendar != "24/7" else { return true }
        let date = time.utcDate
        guard date.weekday < 6 else { return false }
        let open: Duration =
            (4...10).contains(date.parts.month) ? .seconds(13 * 3600 + 1800) : .seconds(14 * 3600 + 1800)
        return time >= date.startUTC + open && time < date.startUTC + open + .seconds(6 * 3600 + 1800)
    }

    private func market(_ folders: String..., overrides: [Symbol: Instrument] = [:]) throws -> FileMarket {
        try FileMarket(paths: folders.map(TestData.file), instruments: overrides, isInSession: Self.isInSession)
    }

    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }
    private func symbol(_ text: String) throws -> Symbol { try #require(Symbol(text)) }

    private func all(_ events: any MarketEventIterator) throws -> [MarketEvent] {
        var events = events
        var list: [MarketEvent] = []
        while let event = try events.next() { list.append(event) }
        return list
    }

    @Test func minuteBarsOfOneSession() throws {
        let market = try market("equity-minute")
        let from = try time("2019-02-15T14:30:00Z")
        let to = try time("2019-02-15T21:00:00Z")
        let bars = try market.bars(try symbol("AAPL"), from: from, to: to)
        #expect(bars.count == 390)
        #expect(bars.first?.end == (try time("2019-02-15T14:31:00Z")))
        #expect(bars.last?.end == to)
        #expect(bars.reduce(Quantity.zero) { $0 + $1.volume } == Quantity(21_945_251))
        let spy = try market.bars(try symbol("SPY"), from: from, to: to)
        #expect(spy.reduce(Quantity.zero) { $0 + $1.volume } == Quantity(80_419_835))
        #expect(try market.bars(try symbol("AAPL"), from: from, to: to) == bars)
        #expect(try market.bars(try symbol("AAPL"), from: to, to: from).isEmpty)
    }

    @Test func nothingIsGivenBeforeItCouldBeKnown() throws {
        let market = try market("equity-minute")
        let aapl = try symbol("AAPL")
        for (from, to) in [
            ("2019-02-15T15:00:00Z", "2019-02-15T15:00:30Z"), ("2019-02-15T15:00:30Z", "2019-02-15T15:02:00Z"),
            ("2014-06-06T13:29:59Z", "2014-06-06T13:45:30.5Z"), ("2014-06-06T19:58:00Z", "2014-06-06T23:00:00Z"),
        ] {
            let (from, to) = (try time(from), try time(to))
            let bars = try market.bars(aapl, from: from, to: to)
            #expect(bars.allSatisfy { $0.end > from && $0.end <= to })
            let events = try all(try market.events(aapl, from: from, to: to))
            #expect(events.allSatisfy { $0.at > from && $0.at <= to })
            #expect(zip(events, events.dropFirst()).allSatisfy { $0.at <= $1.at })
            let asEvents = events.compactMap { if case .bar(let bar) = $0 { bar } else { nil } }
            #expect(asEvents == bars)
        }
        #expect(
            try market.bars(aapl, from: try time("2019-02-15T15:00:00Z"), to: try time("2019-02-15T15:00:30Z")).isEmpty
        )
    }

    /// Splitting a range anywhere gives the same bars as the whole.
    @Test func rangesAddUp() throws {
        let market = try market("equity-minute")
        let bac = try symbol("BAC")
        let from = try time("2013-10-04T00:00:00Z")
        let to = try time("2013-10-12T00:00:00Z")
        let whole = try market.bars(bac, from: from, to: to)
        #expect(whole.count == 6 * 390)
        var state: UInt64 = 11
        for _ in 0..<25 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let middle = from + .seconds(Int64(state >> 33) % (8 * 86_400))
            #expect(try market.bars(bac, from: from, to: middle) + market.bars(bac, from: middle, to: to) == whole)
        }
    }

    @Test func quoteBarsAreQuotesAtTheirEnd() throws {
        let market = try market("equity-minute")
        let events = try all(
            try market.events(
                try symbol("BAC"),
                from: try time("2013-10-08T00:00:00Z"),
                to: try time("2013-10-09T00:00:00Z")
            )
        )
        let quotes = events.compactMap { if case .quote(let quote) = $0 { quote } else { nil } }
        #expect(quotes.count == 390)
        #expect(quotes.first?.at == (try time("2013-10-08T13:31:00Z")))
        #expect(quotes.allSatisfy { $0.isUsable && $0.askSize > .zero })
        // At one instant the quote comes before the bar.
        if case .quote = events[0], case .bar(let bar) = events[1] {
            #expect(bar.end == events[0].at)
        } else {
            Issue.record("\(events[0..<2])")
        }
    }

    @Test func ticksOfTheTapeAreTradesAndConsolidatedQuotes() throws {
        let market = try market("equity-tick")
        let bac = try symbol("BAC")
        let from = try time("2013-10-09T13:30:00Z")
        let to = try time("2013-10-09T14:30:00Z")
        let events = try all(try market.events(bac, from: from, to: to))
        let trades = events.compactMap { if case .trade(let trade) = $0 { trade } else { nil } }
        let quotes = events.compactMap { if case .quote(let quote) = $0 { quote } else { nil } }
        #expect(quotes.count > 1000 && quotes.count + trades.count == events.count)
        #expect(quotes.allSatisfy { $0.isUsable && $0.bidSize > .zero && $0.askSize > .zero })
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.at <= $1.at })
        // Bars made from trades agree with the vendor's minute bars but for the auction's minute.
        let built = try market.bars(bac, from: from, to: to)
        let vendor = try self.market("equity-minute").bars(bac, from: from, to: to)
        #expect(built.map(\.end) == vendor.map(\.end))
        #expect(built.dropFirst().map(\.volume) == vendor.dropFirst().map(\.volume))
        #expect(built.reduce(Quantity.zero) { $0 + $1.volume } == trades.reduce(Quantity.zero) { $0 + $1.size })
        // The consolidated book agrees with the vendor's quote bars, sizes too, at every minute's end.
        let recorded = try MarketFileReader<QuoteBarRow>(
            TestData.file("equity-minute/BAC_20131004-20131011_quote_1m.csv.gz")
        ).all()
        var same = 0
        for row in recorded where row.start >= from && row.start + .seconds(60) <= to {
            let last = quotes.last { $0.at < row.start + .seconds(60) }
            if last?.bid == row.bid?.close, last?.ask == row.ask?.close, last?.bidSize == row.bidSize,
                last?.askSize == row.askSize
            {
                same += 1
            }
        }
        #expect(same == 60, "\(same) of 60 minutes")
    }

    @Test func tickQuotesReplaceQuoteBarsOfTheirDays() throws {
        let both = try market("equity-minute", "equity-tick")
        let bars = try market("equity-minute")
        let bac = try symbol("BAC")
        func quotes(_ market: FileMarket, _ day: String) throws -> Int {
            let from = try time(day + "T13:30:00Z")
            return try all(try market.events(bac, from: from, to: from + .seconds(600))).count {
                if case .quote = $0 { true } else { false }
            }
        }
        #expect(try quotes(both, "2013-10-08") == quotes(bars, "2013-10-08"))
        #expect(try quotes(bars, "2013-10-08") == 10)
        let ticks = try market("equity-tick")
        #expect(try quotes(both, "2013-10-09") == quotes(ticks, "2013-10-09"))
    }

    @Test func shorterBarsMakeMinutes() throws {
        let seconds = try market("equity-second")
        let minutes = try market("equity-minute")
        let spy = try symbol("SPY")
        let from = try time("2013-10-08T13:30:00Z")
        let to = try time("2013-10-08T20:00:00Z")
        let made = try seconds.bars(spy, from: from, to: to)
        let recorded = try minutes.bars(spy, from: from, to: to)
        #expect(made.map(\.end) == recorded.map(\.end))
        let same = zip(made, recorded).count { $0.volume == $1.volume }
        #expect(same >= 350, "\(same) of 390 minutes")
        let events = try all(try seconds.events(spy, from: from, to: from + .seconds(60)))
        #expect(events.contains { if case .bar(let bar) = $0 { bar.end - bar.start == .seconds(1) } else { false } })
    }

    @Test func instrumentsAreNamedAndStepped() throws {
        let bars = try market("crypto-bars")
        let names = bars.instruments.map(\.symbol.text)
        #expect(names.contains("BTC-USD") && names.contains("ETHUSDT") && names.contains("BTC-PERP"))
        // Two venues trade it: neither is plain BTCUSDT.
        #expect(names.contains("BTCUSDT-PERP.BINANCE") && names.contains("BTCUSDT-SPOT.BYBIT"))
        #expect(!names.contains("BTCUSDT"))
        let bitcoin = try #require(bars.instruments.first { $0.symbol.text == "BTC-USD" })
        #expect((bitcoin.calendar, bitcoin.currency, bitcoin.venue) == ("24/7", .usd, "COINBASE"))
        #expect(bitcoin.tick == (try Price(parsing: "0.01")))
        #expect(bitcoin.lot == (try Quantity(parsing: "0.00000001")))
        let ada = try #require(bars.instruments.first { $0.symbol.text == "ADA-BTC" })
        #expect((ada.currency.rawValue, ada.tick.description) == ("BTC", "0.00000001"))

        let shares = try market("equity-minute")
        #expect(shares.instruments.count == 12)
        #expect(shares.instruments.allSatisfy { $0.tick == Price(units: 1_000_000) && $0.calendar == "XNYS" })
        #expect(shares.ignored.isEmpty)

        let future = try market("futures-minute")
        #expect(future.instruments.map(\.tick.description) == ["0.25"])
        #expect(future.instruments.map(\.contractMultiplier) == [FixedDecimal(50)])
    }

    @Test func usersInstrumentTakesPrecedence() throws {
        let mine = Instrument(symbol: try symbol("AAPL"), venue: "XNAS", lot: Quantity(100))
        let market = try market("equity-minute", overrides: [mine.symbol: mine])
        #expect(market.instruments.contains(mine))
    }

    @Test func volumeInDollarsBecomesCoins() throws {
        let market = try market("crypto-bars")
        let bars = try market.bars(
            try symbol("BTC-PERP"),
            from: try time("2022-01-01T00:00:00Z"),
            to: try time("2022-01-02T00:00:00Z")
        )
        #expect(bars.count == 1440)
        for bar in bars {
            let worth = bar.volume.approximate * bar.close.approximate
            #expect(abs(worth / bar.turnover.approximate - 1) < 0.02)
        }
    }

    @Test func oneClockTimesAllTicks() throws {
        let perpetual = try FileMarket(
            paths: [
                TestData.file("crypto-book/binance_BTCUSDT-perp_20240808_bbo.csv.gz"),
                TestData.file("crypto-trades/binance_BTCUSDT-perp_20240808_trades.csv.gz"),
            ],
            isInSession: Self.isInSession
        )
        #expect(perpetual.clock == .venue)
        // The spot stream of best quotes has no exchange time, so nothing is timed by it.
        let mixed = try FileMarket(
            paths: [
                TestData.file("crypto-book/binance_BTCUSDT-spot_20240808-09_bbo.csv.gz"),
                TestData.file("crypto-trades/binance_BTCUSDT-perp_20240808_trades.csv.gz"),
            ],
            isInSession: Self.isInSession
        )
        #expect(mixed.clock == .recorder)
        let events = try all(
            try perpetual.events(
                try symbol("BTCUSDT"),
                from: try time("2024-08-08T23:55:00Z"),
                to: try time("2024-08-08T23:56:00Z")
            )
        )
        var best: Quote?
        var trades = 0
        var near = 0
        for event in events {
            if case .quote(let quote) = event { best = quote }
            if case .trade(let trade) = event, let best {
                trades += 1
                if abs(trade.price.approximate / best.mid.approximate - 1) < 0.0012 { near += 1 }
            }
        }
        #expect(trades > 1000 && near == trades)
    }

    /// Quotes, trades and depth of one contract in one order of time.
    @Test func booksAreReplayedBesideQuotesAndTrades() throws {
        let name = "binance_BTCUSDT-perp_20240808"
        let market = try FileMarket(
            paths: ["crypto-book/\(name)_bbo", "crypto-book/\(name)_depth", "crypto-trades/\(name)_trades"].map {
                TestData.file("\($0).csv.gz")
            },
            isInSession: Self.isInSession
        )
        let events = try all(
            try market.events(
                try symbol("BTCUSDT"),
                from: try time("2024-08-08T23:55:00Z"),
                to: try time("2024-08-08T23:55:30Z")
            )
        )
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.at <= $1.at })
        var best: Quote?
        var (depths, near, trades) = (0, 0, 0)
        for event in events {
            switch event {
            case .quote(let quote): best = quote
            case .trade: trades += 1
            case .depth(let depth):
                depths += 1
                let levels = depth.levels
                #expect(levels.bids.count == 20 && levels.asks.count == 20)
                #expect(zip(levels.bids, levels.bids.dropFirst()).allSatisfy { $0.price > $1.price })
                #expect(zip(levels.asks, levels.asks.dropFirst()).allSatisfy { $0.price < $1.price })
                if let best, let bid = levels.bids.first, abs(bid.price.approximate / best.bid.approximate - 1) < 0.0002
                {
                    near += 1
                }
            case .bar: Issue.record("there is no bar here")
            }
        }
        #expect(depths > 400 && trades > 500, "\(depths) books, \(trades) trades")
        // Books come every 50 ms or so, best prices at once: they are never far apart.
        #expect(near * 100 >= depths * 99, "\(near) of \(depths)")
    }

    /// Where no file tells quotes, the book's best prices are they; a derived book does not stand beside its feed.
    @Test func booksGiveQuotesWhereNothingElseDoes() throws {
        let bitstamp = try FileMarket(
            paths: [
                TestData.file("crypto-book/bitstamp_BTCUSD_20150501_book20.csv.gz"),
                TestData.file("crypto-trades/bitstamp_BTCUSD_20150501_trades.csv.gz"),
            ],
            isInSession: Self.isInSession
        )
        let (from, to) = (try time("2015-05-01T00:00:00Z"), try time("2015-05-01T01:00:00Z"))
        let events = try all(try bitstamp.events(try symbol("BTCUSD"), from: from, to: to))
        var (quotes, books, trades) = (0, 0, 0)
        for event in events {
            switch event {
            case .quote(let quote):
                quotes += 1
                #expect(quote.isUsable)
            case .depth: books += 1
            case .trade: trades += 1
            case .bar: break
            }
        }
        #expect(books > 500 && quotes > 50 && quotes < books && trades > 10, "\(books), \(quotes), \(trades)")

        let name = "binance_BTCUSDT-spot_20240808-09"
        let spot = try FileMarket(
            paths: ["depth", "book10_100ms"].map { TestData.file("crypto-book/\(name)_\($0).csv.gz") },
            isInSession: Self.isInSession
        )
        let minute = try time("2024-08-09T00:00:00Z")
        let shown = try all(try spot.events(try symbol("BTCUSDT"), from: minute, to: minute + .seconds(10)))
        #expect(shown.allSatisfy { if case .depth(let depth) = $0 { depth.levels.bids.count == 20 } else { true } })
        #expect(shown.contains { if case .quote = $0 { true } else { false } })
    }

    /// A LOBSTER day is trades, quotes and, where it shows more than the best prices, depth.
    @Test(arguments: [("AAPL", 0), ("GOOG", 10)])
    func shownOrders(name: String, levels: Int) throws {
        let market = try market("equity-book")
        #expect(market.ignored.isEmpty)
        let open = try time("2012-06-21T13:30:00Z")
        let events = try all(try market.events(try symbol(name), from: open, to: open + .seconds(600)))
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.at <= $1.at })
        var best: Quote?
        var (trades, inside, depths) = (0, 0, 0)
        for event in events {
            switch event {
            case .quote(let quote): best = quote
            case .trade(let trade):
                // The day's first row is a trade, before anything is known of the book.
                guard let best else { continue }
                trades += 1
                if trade.price >= best.bid, trade.price <= best.ask { inside += 1 }
            case .depth(let depth):
                depths += 1
                #expect(depth.levels.bids.count <= levels)
            case .bar: break
            }
        }
        #expect(trades > 100 && inside == trades, "\(inside) of \(trades)")
        #expect((depths > 0) == (levels > 0))
        let bars = try market.bars(try symbol(name), from: open, to: open + .seconds(600))
        #expect(bars.count == 10)
    }

    @Test func whatIsNoMarketDataIsListed() throws {
        let book = try market("crypto-book")
        #expect(book.ignored.contains { $0.path.hasSuffix("_orders_L3.csv.gz") && $0.reason.contains("single orders") })
        #expect(!book.ignored.contains { $0.path.hasSuffix("USDT-perp_20240808_depth.csv.gz") })
        #expect(book.ignored.contains { $0.path.contains("BTCUSD_PERP") && $0.reason.contains("inverse") })
        let daily = try self.market("daily")
        #expect(daily.ignored.contains { $0.path.hasSuffix("AAPL_factors.csv.gz") })
        let bars = try daily.bars(
            try symbol("SPY"),
            from: try time("2019-02-15T12:00:00Z"),
            to: try time("2019-02-16T00:00:00Z")
        )
        #expect(bars.map(\.close.description) == ["277.37"])
        let samsung = try #require(daily.instruments.first { $0.symbol.text == "005930" })
        #expect((samsung.currency, samsung.calendar) == (.krw, "XKRX"))
    }

    @Test func absentData() throws {
        let absent = #expect(throws: MarketDataError.self) { try self.market("no-such-folder") }
        #expect(absent?.code == "data_not_found")
        try TestData.withFolder { folder in
            let empty = #expect(throws: MarketDataError.self) {
                try FileMarket(paths: [folder], isInSession: Self.isInSession)
            }
            #expect(empty?.code == "no_market_data")
        }
        let market = try self.market("equity-minute")
        let unknown = #expect(throws: MarketDataError.self) {
            try market.bars(
                try symbol("NVDA"),
                from: try time("2019-02-15T00:00:00Z"),
                to: try time("2019-02-16T00:00:00Z")
            )
        }
        #expect(unknown?.code == "unknown_symbol")
        #expect(unknown?.message.contains("AAPL") == true)
    }

    @Test func badRowIsToldWhenItsSymbolIsRead() throws {
        try TestData.withFolder { folder in
            func write(_ name: String, _ rows: String) throws {
                let text = "ts,open,high,low,close,volume\n" + rows
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
            }
            let good = "2019-02-15T15:00:00.000Z,10,11,9,10,100\n"
            try write("GOOD_20190215_trade_1m.csv", good)
            try write("BAD_20190215_trade_1m.csv", good + "2019-02-15T15:01:00.000Z,10,11,nine,10,100\n")
            // Split by day, and a file of another day that is damaged but not asked for.
            try write("GOOD_20190214_trade_1m.csv", "2019-02-14T15:00:00.000Z,10,11,9,10,7\n")
            try write("GOOD_20190101-20190104_trade_1m.csv", "broken\n")
            // The length of the bars by their rows.
            try write("PLAIN.csv", good + "2019-02-15T15:05:00.000Z,10,11,9,10,100\n")
            let market = try FileMarket(paths: [folder], isInSession: Self.isInSession)
            let (from, to) = (try time("2019-02-14T00:00:00Z"), try time("2019-02-16T00:00:00Z"))
            let volumes = try market.bars(try symbol("GOOD"), from: from, to: to).map(\.volume)
            #expect(volumes == [Quantity(7), Quantity(100)])
            let plain = try market.bars(try symbol("PLAIN"), from: from, to: to)
            #expect(plain.map { $0.end - $0.start } == [.seconds(300), .seconds(300)])
            for read in [
                { _ = try market.bars(try symbol("BAD"), from: from, to: to) },
                { _ = try all(try market.events(try symbol("BAD"), from: from, to: to)) },
            ] {
                let error = #expect(throws: MarketDataError.self) { try read() }
                #expect(error?.line == 3)
                #expect(error?.description.contains("BAD_20190215_trade_1m.csv:3: ") == true)
            }
        }
    }

    @Test func titleAndFingerprintNameTheData() throws {
        let market = try self.market("equity-minute")
        #expect(market.title == "REPLAY equity-minute")
        #expect(market.fingerprint == (try self.market("equity-minute").fingerprint))
        #expect(market.fingerprint.hasPrefix("equity-minute-"))
        #expect(market.fingerprint.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".contains($0) })
        let other = try self.market("equity-15min")
        #expect(other.fingerprint.suffix(16) != market.fingerprint.suffix(16))
    }
}
