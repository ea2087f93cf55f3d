public import TradingDomain

/// When an exchange trades: its regular sessions, in UTC.
///
/// `XNYS` knows what the exchange published (2024–2027) and works out other years, 1998–2199, by the exchange's rules;
/// `TradingSession.isByRule` tells which. `XKRX` knows 2024–2027 and no rules. `24/7` has one session per UTC day, each beginning where the last one ended.
/// Hours before the open, after the close and auctions are not part of it. A user's file overrides single days.
///
/// Everything throws `outside_calendar` for dates that the calendar does not cover.
public struct TradingCalendar: Hashable, Sendable {
    /// The identifier that an `Instrument` names, such as `XNYS`.
    public let name: String
    /// Refuses dates that neither the exchange nor a user's file gives, instead of using rules.
    public let isStrict: Bool
    private let market: Market
    private var exceptions = CalendarExceptions()

    private enum Market: Hashable {
        case newYork
        case korea
        case continuous
    }

    /// `XNYS`, with rules beyond the published years.
    public static let newYork = TradingCalendar(name: "XNYS", isStrict: false, market: .newYork)

    /// Names that ``named(_:strict:)`` knows.
    public static let names = ["XNYS", "XKRX", "24/7"]

    /// The calendar called `name`.
    ///
    /// - Throws: `unknown_calendar` with the names that exist.
    public static func named(_ name: String, strict: Bool = false) throws(MarketDataError) -> TradingCalendar {
        switch name {
        case "XNYS": return TradingCalendar(name: name, isStrict: strict, market: .newYork)
        case "XKRX": return TradingCalendar(name: name, isStrict: strict, market: .korea)
        case "24/7": return TradingCalendar(name: name, isStrict: strict, market: .continuous)
        default:
            throw MarketDataError(
                code: "unknown_calendar",
                message: "no calendar is called '\(name)'; use one of \(names.joined(separator: ", "))"
                    + " (XNYS serves every exchange of the United States)"
            )
        }
    }

    private init(name: String, isStrict: Bool, market: Market) {
        self.name = name
        self.isStrict = isStrict
        self.market = market
    }

    /// This calendar with days taken from the text of a user's file, which go before all others.
    ///
    /// Rows are `date,closed` or `date,open,close` in the exchange's local time (`24/7`: UTC), such as
    /// `2028-07-03,09:30,13:00`; `#` begins a comment.
    ///
    /// - Throws: `bad_calendar_row`, naming `file` and the line.
    public func extended(csv text: String, file: String) throws(MarketDataError) -> TradingCalendar {
        var extended = self
        extended.exceptions.merge(try CalendarExceptions(csv: text, file: file))
        return extended
    }

    /// The session of a day, or `nil` when there is none.
    public func session(on date: CalendarDate) throws(MarketDataError) -> TradingSession? {
        switch exceptions.days[date] {
        case .closed: return nil
        case .hours(let open, let close): return makeSession(date, open, close, isByRule: false)
        case nil: break
        }
        switch market {
        case .continuous:
            guard years.contains(date.parts.year) else { throw outside(date, years) }
            return makeSession(date, 0, 24 * 60, isByRule: false)
        case .newYork: return try newYorkSession(on: date)
        case .korea:
            guard years.contains(date.parts.year) else { throw outside(date, years) }
            guard let hours = KoreaExchangeFacts.hours(on: date) else { return nil }
            return makeSession(date, hours.open, hours.close, isByRule: false)
        }
    }

    /// The exchange's local date at `time`.
    public func date(at time: Timestamp) -> CalendarDate {
        switch market {
        case .newYork: NewYorkTime.date(at: time)
        case .korea: KoreaExchangeFacts.date(at: time)
        case .continuous: time.utcDate
        }
    }

    /// The IANA name of the zone that its dates and wall times are of, such as `America/New_York`.
    public var zone: String {
        switch market {
        case .newYork: "America/New_York"
        case .korea: "Asia/Seoul"
        case .continuous: "UTC"
        }
    }

    /// The years that the calendar covers.
    var years: ClosedRange<Int> {
        switch market {
        case .continuous: CalendarExceptions.years
        case .korea: KoreaExchangeFacts.years
        case .newYork:
            isStrict
                ? NewYorkExchangeFacts.years : NewYorkExchangeRules.firstYear...NewYorkExchangeRules.lastYear
        }
    }

    private func newYorkSession(on date: CalendarDate) throws(MarketDataError) -> TradingSession? {
        typealias Rules = NewYorkExchangeRules
        typealias Facts = NewYorkExchangeFacts
        let year = date.parts.year
        guard years.contains(year) else { throw outside(date, years) }
        let isByRule = !Facts.years.contains(year)
        let key = Facts.key(date)
        let isSession = isByRule ? Rules.isSession(date) : date.weekday <= 5 && !Facts.closed.contains(key)
        guard isSession else { return nil }
        let isEarly = isByRule ? Rules.closesEarly(date) : Facts.earlyCloses.contains(key)
        return makeSession(date, Rules.open, isEarly ? Rules.earlyClose : Rules.close, isByRule: isByRule)
    }

    private func makeSession(_ date: CalendarDate, _ open: Int, _ close: Int, isByRule: Bool) -> TradingSession {
        let usualClose =
            switch market {
            case .newYork: NewYorkExchangeRules.close
            case .korea: KoreaExchangeFacts.close
            case .continuous: 24 * 60
            }
        return TradingSession(
            date: date,
            open: instant(date, open),
            close: instant(date, close),
            isEarlyClose: close < usualClose,
            isByRule: isByRule
        )
    }

    private func instant(_ date: CalendarDate, _ minutes: Int) -> Timestamp {
        switch market {
        case .newYork: NewYorkTime.instant(of: date, minutes: minutes)
        case .korea: date.startUTC + .seconds(60 * minutes - 3600 * KoreaExchangeFacts.hoursFromUTC)
        case .continuous: date.startUTC + .seconds(60 * minutes)
        }
    }

    private func outside(_ date: CalendarDate, _ years: ClosedRange<Int>) -> MarketDataError {
        let known = "\(years.lowerBound) to \(years.upperBound)"
        let advice =
            isStrict && market == .newYork
            ? "allow the rules (not strict), or give the days in a calendar file"
            : "give the days in a calendar file"
        return MarketDataError(
            code: "outside_calendar",
            message: "\(date) is outside calendar \(name), which covers \(known); \(advice)"
        )
    }
}
