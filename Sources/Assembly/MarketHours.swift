public import ExecutionEngine
import Foundation
public import MarketData
public import TradingDomain

/// The trading calendars by name, as the engine's hours.
public struct MarketHours: TradingHours {
    private let calendars: [String: TradingCalendar]
    private let fallback: TradingCalendar

    /// The calendars, with `name` for instruments that name none, extended by the CSV `file` of the user's own days.
    ///
    /// - Throws: `MarketDataError` for an unknown name, or for the file's first bad line.
    public init(default name: String = "XNYS", file: String? = nil) throws {
        var base = try TradingCalendar.named(name)
        if let file {
            guard let text = FileManager.default.contents(atPath: file).map({ String(decoding: $0, as: UTF8.self) })
            else {
                throw MarketDataError(
                    code: "calendar_unreadable",
                    file: file,
                    message: "The calendar file cannot be read. Check `market.calendar_file`."
                )
            }
            base = try base.extended(csv: text, file: file)
        }
        fallback = base
        var calendars = [name: base]
        for other in TradingCalendar.names where other != name { calendars[other] = try TradingCalendar.named(other) }
        self.calendars = calendars
    }

    /// The calendar that an instrument trades by.
    public func calendar(of instrument: Instrument) -> TradingCalendar { calendars[instrument.calendar] ?? fallback }

    /// The calendar of a code such as `XNYS`, with the user's own days where they are of it.
    ///
    /// - Throws: `MarketDataError` with the codes that exist.
    public func calendar(named name: String) throws -> TradingCalendar {
        try calendars[name] ?? TradingCalendar.named(name)
    }

    public func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        let calendar = calendar(of: instrument)
        do {
            if let session = try calendar.session(containing: time) {
                return .open(since: session.open, until: session.close)
            }
            return .closed(nextOpen: try calendar.nextOpen(after: time))
        } catch {
            return .closed(nextOpen: nil)  // Outside the calendar's years nothing is known to be open.
        }
    }

    public func zone(of instrument: Instrument) -> String? { calendar(of: instrument).zone }

    /// When the session that holds `time` closes.
    public func close(of instrument: Instrument, at time: Timestamp) -> Timestamp? {
        if case .open(_, let until) = phase(of: instrument, at: time) { until } else { nil }
    }

    /// The session of a date in the default calendar.
    ///
    /// - Throws: `MarketDataError` naming the next session when there is none on that day.
    public func session(on date: CalendarDate) throws -> TradingSession {
        if let session = try fallback.session(on: date) { return session }
        let next = try fallback.nextSession(after: date)
        throw MarketDataError(
            code: "no_session",
            message: "\(fallback.name) has no session on \(date). The next one is \(next.date)."
        )
    }

    /// The first session of the default calendar after a date.
    ///
    /// - Throws: `MarketDataError` outside the calendar's years.
    public func nextSession(after date: CalendarDate) throws -> TradingSession { try fallback.nextSession(after: date) }

    /// The date of a time in the default calendar's zone.
    public func date(at time: Timestamp) -> CalendarDate { fallback.date(at: time) }
}
