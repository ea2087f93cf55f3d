public import TradingDomain

/// Whose clock times an event that was recorded with more than one.
public enum EventClock: Hashable, Sendable {
    /// The venue's, where every tick file has it.
    case venue
    /// The recorder's.
    case recorder
}

/// The clocks of a recorded event.
///
/// A recorder's clock may run behind the venue's by a second and more, so a reader uses one of the two throughout.
public struct VenueTimes: Hashable, Sendable {
    /// When it was recorded; the order of the file.
    public let local: Timestamp
    /// When the venue sent it, where it says so.
    public let exchange: Timestamp?
    /// When the venue matched it, where it says so.
    public let match: Timestamp?

    public func on(_ clock: EventClock) -> Timestamp { clock == .venue ? exchange ?? local : local }

    /// Positions of the columns.
    public struct Columns: Sendable {
        let local: Int
        let exchange: Int?
        let match: Int?
        /// The first column is the venue's own time and there is no other.
        let isVenueOnly: Bool

        init(_ csv: CSVReader) throws(MarketDataError) {
            let single = csv.optionalColumn("ts_ns")
            local = if let single { single } else { try csv.column("ts_local_ns") }
            exchange = csv.optionalColumn("ts_exchange_ns")
            match = csv.optionalColumn("ts_match_ns")
            isVenueOnly = single != nil && exchange == nil
        }
    }

    init(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) {
        local = try csv.ordered(try csv.nanoseconds(columns.local), columns.local)
        exchange =
            columns.isVenueOnly
            ? local
            : try columns.exchange.flatMap { column throws(MarketDataError) in try csv.optionalNanoseconds(column) }
        match = try columns.match.flatMap { column throws(MarketDataError) in try csv.optionalNanoseconds(column) }
    }
}
