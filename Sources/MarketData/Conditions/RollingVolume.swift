import TradingDomain

/// What traded in the last ten minutes, in pieces of ten seconds.
///
/// Adding and rolling cost the same whatever the volume; the pieces are allocated once.
struct RollingVolume: Sendable {
    static let piece = Duration.seconds(10)
    private static let pieces = 60
    private static let perMinute = 6

    private var units = [Int64](repeating: 0, count: pieces)
    private var current = 0
    /// Sum of all pieces, exact: sixty of the largest quantities fit.
    private var total: Int128 = 0

    mutating func add(_ quantity: Quantity) {
        let (sum, overflow) = units[current].addingReportingOverflow(max(0, quantity.units))
        let new = overflow ? Int64.max : sum
        total += Int128(new) - Int128(units[current])
        units[current] = new
    }

    /// Begins the next piece and forgets the oldest.
    mutating func roll() {
        current = (current + 1) % Self.pieces
        total -= Int128(units[current])
        units[current] = 0
    }

    mutating func clear() {
        for place in units.indices { units[place] = 0 }
        total = 0
    }

    /// Of the last ten minutes.
    var all: Int128 { total }

    /// Of the last minute: the current piece and the five before it.
    var lastMinute: Quantity {
        var sum: Int128 = 0
        for back in 0..<Self.perMinute { sum += Int128(units[(current + Self.pieces - back) % Self.pieces]) }
        return Quantity(units: Int64(clamping: sum))
    }

    /// Minutes of the last `minutes` (1 to 10) in which anything traded.
    func activeMinutes(of minutes: Int) -> Int {
        (0..<minutes).count { minute in
            (0..<Self.perMinute).contains { back in
                units[(current + Self.pieces - minute * Self.perMinute - back) % Self.pieces] > 0
            }
        }
    }
}
