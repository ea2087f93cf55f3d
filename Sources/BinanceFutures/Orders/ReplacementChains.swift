import TradingDomain

/// Which of our orders stands behind an order of the venue's that was changed.
///
/// A changed order keeps its ids at this venue, while to us it is a new order in the place of the old one. All orders
/// of such a chain are known to the venue by the id of the first, the root. What the venue had executed in all when a link took over tells
/// whose a trade is.
struct ReplacementChains: Hashable, Sendable {
    /// One of our orders in a chain.
    struct Link: Hashable, Sendable {
        let id: ClientOrderID
        /// What it asked for: the total, executed parts of earlier links included.
        var total: Quantity
        var price: Price?
        /// The venue's cumulative executed quantity when it took over; `nil` until it has.
        var takenOverAt: Quantity?
    }

    /// A replacement that has just taken place.
    struct Takeover: Hashable, Sendable {
        let old: ClientOrderID
        let new: ClientOrderID
        /// What the old one had executed under its own id.
        let executed: Quantity
    }

    private var links: [ClientOrderID: [Link]] = [:]
    private var roots: [ClientOrderID: ClientOrderID] = [:]
    /// Roots in the order they came; the oldest are forgotten beyond ``chainsMost``.
    private var ages: [ClientOrderID] = []
    /// Late trades of a chain come within seconds, and no account changes so many orders in that time.
    private static let chainsMost = 4096

    /// The id under which the venue knows an order of ours.
    func root(of id: ClientOrderID) -> ClientOrderID { roots[id] ?? id }

    /// The links of a chain, root first; empty for an order that was never to be replaced.
    func chain(of id: ClientOrderID) -> [Link] { links[root(of: id)] ?? [] }

    /// A replacement is about to be sent, or was sent by whoever held the account before.
    mutating func expect(_ new: Link, replacing old: ClientOrderID) {
        let root = root(of: old)
        guard roots[new.id] == nil else { return }
        if links[root] == nil {
            links[root] = [Link(id: root, total: .zero, price: nil, takenOverAt: .zero)]
            ages.append(root)
            forgetOldest()
        }
        roots[new.id] = root
        links[root]?.append(new)
    }

    /// A replacement is sent with other terms than it was expected with.
    mutating func correct(_ new: ClientOrderID, total: Quantity, price: Price) {
        guard let root = roots[new], let place = links[root]?.firstIndex(where: { $0.id == new }) else { return }
        links[root]?[place].total = total
        links[root]?[place].price = price
    }

    /// A replacement was surely not made.
    mutating func drop(_ new: ClientOrderID) {
        guard let root = roots.removeValue(forKey: new) else { return }
        links[root]?.removeAll { $0.id == new }
    }

    /// The venue changed an order.
    ///
    /// - Parameters:
    ///   - root: The id that the venue knows.
    ///   - total: Its quantity now.
    ///   - price: Its price now.
    ///   - cumulative: What the venue had executed of it in all.
    /// - Returns: `nil` when no replacement of ours was waiting for that.
    mutating func changed(_ root: ClientOrderID, total: Quantity, price: Price, cumulative: Quantity) -> Takeover? {
        guard var chain = links[root],
            let place = chain.firstIndex(where: { $0.takenOverAt == nil && $0.total == total && $0.price == price }),
            let old = chain[..<place].last(where: { $0.takenOverAt != nil })
        else { return nil }
        chain[place].takenOverAt = cumulative
        links[root] = chain
        return Takeover(old: old.id, new: chain[place].id, executed: cumulative - (old.takenOverAt ?? .zero))
    }

    /// Whose a trade is after which the venue had executed `cumulative` in all.
    func owner(of root: ClientOrderID, after cumulative: Quantity) -> ClientOrderID {
        let taken = (links[root] ?? []).last { link in link.takenOverAt.map { $0 < cumulative } ?? false }
        return taken?.id ?? root
    }

    /// The link that works now, and what it has executed under its own id.
    func head(of root: ClientOrderID, cumulative: Quantity) -> (id: ClientOrderID, executed: Quantity) {
        guard let head = (links[root] ?? []).last(where: { $0.takenOverAt != nil }) else { return (root, cumulative) }
        return (head.id, max(cumulative - (head.takenOverAt ?? .zero), .zero))
    }

    private mutating func forgetOldest() {
        guard ages.count > Self.chainsMost else { return }
        let root = ages.removeFirst()
        for link in links.removeValue(forKey: root) ?? [] { roots[link.id] = nil }
    }
}
