import RiskRules
import TradingDomain

/// What the open parents hold of the account, as a running sum: admission need not look at each of them.
struct LiveReservations: Sendable {
    private struct Held: Sendable {
        let whole: Reservation
        var left: Reservation
    }

    /// An account of which nothing is known but what is reserved.
    private(set) var account: RiskSnapshot
    /// By place of the parent.
    private var held: [Int: Held] = [:]

    init(account: AccountID, environment: TradingEnvironment, currency: Currency) {
        let nothing = Money.zero(currency)
        self.account = RiskSnapshot(
            account: account,
            environment: environment,
            equity: nothing,
            cash: nothing,
            dayStartEquity: nothing,
            holdings: []
        )
    }

    /// Takes a parent's reservation, of which `filled` has traded already.
    mutating func take(_ whole: Reservation, filled: Quantity, of place: Int) {
        let left = whole.drawn(filled)
        held[place] = Held(whole: whole, left: left)
        account.reserve(left)
    }

    /// What a parent holds now.
    func left(of place: Int) -> Reservation? { held[place]?.left }

    /// Changes what a parent holds in all, when it was amended.
    mutating func change(_ whole: Reservation, filled: Quantity, of place: Int) {
        guard let before = held[place] else { return }
        let left = whole.drawn(filled)
        account.draw(before.left, to: left)
        held[place] = Held(whole: whole, left: left)
    }

    /// Leaves a parent what `filled` of its reservation has not used.
    ///
    /// - Returns: Whether that is less than before.
    mutating func draw(_ filled: Quantity, of place: Int) -> Bool {
        guard let before = held[place] else { return false }
        let left = before.whole.drawn(filled)
        guard left != before.left else { return false }
        account.draw(before.left, to: left)
        held[place]?.left = left
        return true
    }

    /// Gives back what a parent had still reserved, once.
    mutating func release(_ place: Int) {
        if let last = held.removeValue(forKey: place) { account.release(last.left) }
    }
}
