import TradingDomain

/// Sums over everything that an account holds and has ordered, kept current by what changed instead of counted anew.
///
/// Each instrument's part is a whole number of 10⁻⁸, so the sums are exactly those of a fold over all of them, in
/// whatever order things changed. An account may hold thousands of names, and every order is judged on all of them.
struct AccountSums: Sendable {
    /// What one instrument adds.
    struct Part: Hashable, Sendable {
        /// Value of the position at the live price, or its cost where there is none.
        var value: Money
        /// Value of the position as the rules see it: nothing where it has no price that they could use.
        var net: Money
        /// The most that it may come to be worth, if live orders fill in the worst way.
        var worst: Money
        /// Held, and without a price.
        var isUnpriced: Bool

        var isNothing: Bool { value.units == 0 && net.units == 0 && worst.units == 0 && !isUnpriced }
    }

    /// Sum of the positions' values.
    private(set) var value: Money
    private(set) var net: Money
    private(set) var worst: Money
    /// Positions without a price.
    private(set) var unpriced = 0
    /// By place of an instrument; `nil` where it adds nothing.
    private var parts: [Part?] = []
    /// Places to look at again, each once.
    private var stale: [Int] = []
    private var isStale: [Bool] = []

    init(_ currency: Currency) {
        let zero = Money.zero(currency)
        (value, net, worst) = (zero, zero, zero)
    }

    /// What an instrument added when it was last looked at.
    func part(at place: Int) -> Part? { place < parts.count ? parts[place] : nil }

    /// Notes that the position or the orders of an instrument changed.
    mutating func changed(_ place: Int) {
        while parts.count <= place {
            parts.append(nil)
            isStale.append(false)
        }
        guard !isStale[place] else { return }
        isStale[place] = true
        stale.append(place)
    }

    /// Notes that an instrument has another price, which matters only where it adds something.
    mutating func priced(_ place: Int) {
        if place < parts.count, parts[place] != nil { changed(place) }
    }

    /// Places to look at again, each told once.
    mutating func takeStale() -> [Int] {
        defer { stale.removeAll(keepingCapacity: true) }
        for place in stale { isStale[place] = false }
        return stale
    }

    /// Replaces what an instrument adds.
    mutating func set(_ new: Part, at place: Int) {
        if let old = parts[place] {
            value -= old.value
            net -= old.net
            worst -= old.worst
            if old.isUnpriced { unpriced -= 1 }
        }
        value += new.value
        net += new.net
        worst += new.worst
        if new.isUnpriced { unpriced += 1 }
        parts[place] = new.isNothing ? nil : new
    }
}
