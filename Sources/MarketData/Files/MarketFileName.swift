internal import TradingDomain

/// What the rows of a market data file are.
enum MarketFileKind: Hashable {
    /// Of this many nanoseconds.
    case tradeBars(Int64)
    case quoteBars(Int64)
    case dailyBars
    case tapeTrades
    case tapeQuotes
    case venueTrades
    case bestQuotes
    /// A snapshot and differences of a whole book.
    case depthFeed
    /// The best levels of a book, again and again.
    case bookSnapshots
    /// Single orders with the best levels after each (LOBSTER).
    case shownOrders
}

/// What a file's name says: `binance_BTCUSDT-perp_20240808_trades` is Binance's BTCUSDT perpetual, its trades of one day.
///
/// The parts stand between underscores: a crypto venue anywhere, the symbol, one day or a span of days, and what the
/// rows are.
struct MarketFileName: Hashable {
    /// Upper-case text before the first underscore, without a venue and without `-spot` or `-perp`.
    var symbol: String
    /// Upper case, where the name has one.
    var venue: String?
    /// `SPOT` or `PERP`, where the name says so.
    var market: String?
    /// Session days, where the name has them.
    var days: ClosedRange<CalendarDate>?
    /// What follows, such as `["trade", "1m"]`.
    var rest: [String] = []

    /// - Parameter stem: A file's name without `.csv` or `.csv.gz`.
    init(_ stem: String) {
        var parts = stem.split(separator: "_").map(String.init)
        if let index = parts.firstIndex(where: { Self.venues.contains($0) }) {
            venue = parts.remove(at: index).uppercased()
        }
        symbol = parts.isEmpty ? "" : parts.removeFirst()
        if parts.first == "PERP" { symbol += "_" + parts.removeFirst() }
        if symbol.hasPrefix("KRX-") {
            symbol.removeFirst(4)
            venue = "XKRX"
        }
        for suffix in ["-spot", "-perp"] where symbol.hasSuffix(suffix) {
            symbol.removeLast(suffix.count)
            market = suffix.dropFirst().uppercased()
        }
        for part in parts {
            if days == nil, let days = Self.days(part) { self.days = days } else { rest.append(part) }
        }
    }

    /// Reads `20190215`, `20190211-20190215` or `20240808-09`.
    private static func days(_ text: String) -> ClosedRange<CalendarDate>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard let first = ends.first.flatMap(day) else { return nil }
        switch ends.count {
        case 1: return first...first
        case 2:
            let full = ends[1].count == 2 ? ends[0].prefix(6) + ends[1] : ends[1][...]
            guard let last = day(String(full)), last >= first else { return nil }
            return first...last
        default: return nil
        }
    }

    private static func day(_ text: String) -> CalendarDate? {
        guard text.utf8.count == 8, let number = Int(text), number > 0 else { return nil }
        return CalendarDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
    }

    /// Whether rows may lie in `from < time <= to`: session days of any time zone (UTC−12 to UTC+14).
    func mayHold(from: Timestamp, to: Timestamp) -> Bool {
        guard let days else { return true }
        return to >= days.lowerBound.startUTC - .seconds(14 * 3600)
            && from <= days.upperBound.startUTC + .seconds(36 * 3600)
    }

    /// The kind as far as the name tells: `trades` may be a tape's or a venue's.
    var kind: MarketFileKind? {
        switch rest {
        case ["1d"]: return .dailyBars
        case ["quotes"]: return .tapeQuotes
        case ["bbo"]: return .bestQuotes
        case ["depth"]: return .depthFeed
        case _ where rest.first?.hasPrefix("book") == true && Int(rest[0].dropFirst(4)) != nil: return .bookSnapshots
        case _ where rest.first == "lobster" && rest.count == 2: return .shownOrders
        default:
            guard rest.count == 2, let span = Self.nanoseconds(rest[1]) else { return nil }
            return rest[0] == "trade" ? .tradeBars(span) : rest[0] == "quote" ? .quoteBars(span) : nil
        }
    }

    /// Reads `1s`, `15m`, `1h`.
    private static func nanoseconds(_ text: String) -> Int64? {
        guard let unit = text.last, let count = Int64(text.dropLast()), (1...1440).contains(count) else { return nil }
        switch unit {
        case "s": return count * 1_000_000_000
        case "m": return count * 60_000_000_000
        case "h": return count * 3_600_000_000_000
        default: return nil
        }
    }

    private static let venues: Set<String> = [
        "binance", "bitfinex", "bitstamp", "bybit", "coinbase", "dydx", "ftx", "gate", "htx", "kraken", "kucoin",
        "mexc",
        "okx",
    ]
}
