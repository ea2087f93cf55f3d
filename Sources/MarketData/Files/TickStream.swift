internal import TradingDomain

/// The events of one file, or of one list, in time order.
struct TickStream: MarketEventIterator {
    private let step: () throws -> MarketEvent?

    init(_ step: @escaping () throws -> MarketEvent?) { self.step = step }

    func next() throws -> MarketEvent? { try step() }

    static func bars(_ bars: [Bar]) -> TickStream {
        var index = bars.startIndex
        return TickStream {
            guard index < bars.endIndex else { return nil }
            defer { index += 1 }
            return .bar(bars[index])
        }
    }

    /// Trades without official prints, which repeat an auction's volume, and without suspicious ones.
    static func trades(_ file: MarketFile, _ session: SessionFilter, _ clock: EventClock) throws -> TickStream {
        var session = session
        let symbol = session.instrument.symbol
        if file.kind == .tapeTrades {
            let reader = try MarketFileReader<TapeTradeRow>(file.path)
            return TickStream {
                while let row = try reader.next() {
                    guard !row.isOfficialPrint, !row.isSuspicious, session.contains(row.at) else { continue }
                    return .trade(Trade(symbol: symbol, at: row.at, price: row.price, size: row.size))
                }
                return nil
            }
        }
        let reader = try MarketFileReader<VenueTradeRow>(file.path)
        var last = Timestamp(nanoseconds: .min)
        return TickStream {
            while let row = try reader.next() {
                last = max(last, row.times.on(clock))
                guard session.contains(last) else { continue }
                return .trade(
                    Trade(symbol: symbol, at: last, price: row.price, size: row.size, aggressor: row.aggressor)
                )
            }
            return nil
        }
    }

    /// Quotes of a file of quote bars, best quotes or a tape's quotes; one-sided and crossed ones are left out.
    static func quotes(_ file: MarketFile, _ session: SessionFilter, _ clock: EventClock) throws -> TickStream {
        switch file.kind {
        case .quoteBars(let span): return try quoteBars(file, span, session)
        case .tapeQuotes: return try tapeQuotes(file, session)
        case .tradeBars, .dailyBars, .tapeTrades, .venueTrades, .bestQuotes, .depthFeed, .bookSnapshots, .shownOrders:
            return try bestQuotes(file, session, clock)
        }
    }

    /// What is known at a bar's end.
    private static func quoteBars(_ file: MarketFile, _ span: Int64, _ session: SessionFilter) throws -> TickStream {
        var session = session
        let reader = try MarketFileReader<QuoteBarRow>(file.path)
        return TickStream {
            while let row = try reader.next() {
                let end = row.start + .nanoseconds(span)
                guard let bid = row.bid?.close, let ask = row.ask?.close, session.contains(from: row.start, to: end)
                else { continue }
                let quote = Quote(
                    symbol: session.instrument.symbol,
                    at: end,
                    bid: bid,
                    bidSize: row.bidSize,
                    ask: ask,
                    askSize: row.askSize
                )
                if quote.isUsable { return .quote(quote) }
            }
            return nil
        }
    }

    private static func bestQuotes(
        _ file: MarketFile,
        _ session: SessionFilter,
        _ clock: EventClock
    ) throws -> TickStream {
        var session = session
        let reader = try MarketFileReader<BestQuoteRow>(file.path)
        var last = Timestamp(nanoseconds: .min)
        return TickStream {
            while let row = try reader.next() {
                last = max(last, row.times.on(clock))
                guard session.contains(last) else { continue }
                let quote = Quote(
                    symbol: session.instrument.symbol,
                    at: last,
                    bid: row.bid,
                    bidSize: row.bidSize,
                    ask: row.ask,
                    askSize: row.askSize
                )
                if quote.isUsable { return .quote(quote) }
            }
            return nil
        }
    }

    private static func tapeQuotes(_ file: MarketFile, _ session: SessionFilter) throws -> TickStream {
        var session = session
        let reader = try MarketFileReader<TapeQuoteRow>(file.path)
        var book = TapeBook(symbol: session.instrument.symbol)
        var ahead = try reader.next()
        return TickStream {
            while let row = ahead {
                ahead = try reader.next()
                book.apply(row)
                // Rows of one instant are one change of the market.
                if ahead?.at == row.at { continue }
                if let quote = book.change(at: row.at), session.contains(row.at) { return .quote(quote) }
            }
            return nil
        }
    }
}
