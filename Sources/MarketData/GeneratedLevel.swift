import TradingDomain

/// Where a name of the generated market closes on any day.
///
/// The logarithm of the close is an autoregressive process around the name's usual price: each weekday adds a draw of
/// the market and one of its own, and 99 % of yesterday's distance remains. Draws older than ``memory`` days weigh
/// less than 0.3 % and are left out, so any day's close costs the same and no first day is needed.
struct GeneratedLevel {
    let seed: UInt64
    let name: GeneratedName

    private static let persistence = 0.99
    private static let memory = 600

    /// Natural logarithm of close ÷ usual price.
    func close(on date: CalendarDate) -> Double {
        let day = Self.weekdayNumber(date)
        let market = Draws(seed: seed, "", "day")
        let own = Draws(seed: seed, name.symbol.text, "day")
        var level = 0.0
        for past in stride(from: day - Self.memory + 1, through: day, by: 1) {
            let common = name.beta * GeneratedName.marketVolatility * market.normal(past)
            level = level * Self.persistence + common + name.ownVolatility * own.normal(past)
        }
        return level
    }

    /// Weekdays since 1969-12-29; a holiday's draw falls into the gap before the next session.
    private static func weekdayNumber(_ date: CalendarDate) -> Int {
        let sinceMonday = date.daysSinceEpoch + 3
        let week = sinceMonday >= 0 ? sinceMonday / 7 : (sinceMonday - 6) / 7
        return week * 5 + min(date.weekday, 5) - 1
    }
}
