import RiskRules
import TradingDomain

/// How far an engine is on its way to the proof that nothing of its account can trade any more.
///
/// ```
/// halted ──no intent on its way──▶ acknowledged ──a poll lists nothing──▶ quiet ──another, validity + 2 s later──▶ proven
///                                       ▲──────────a poll lists something──────────┘                                │
///                                       └──────────a poll lists something── flattening, where the halt asks for it ◀┘
/// ```
/// Time is the venue's: a copy of a command that is still under way dies there by its own clock.
struct HaltWatch: Sendable {
    /// Between polls; a venue answers within it.
    private static let pollInterval = Duration.seconds(1)

    let halt: Halt
    /// How long after a poll a command that had left before it may still arrive: validity + 2 s.
    let quiet: Duration
    var isAcknowledged = false
    /// Set when the venue is to be asked to cancel everything, with what a poll has listed.
    var wantsCancel = true
    /// What was last told of that, so that a venue that stays away is told of once.
    var lastNote: String?
    /// The venue could not be asked to: with the next poll it is asked again.
    var wasUnheard = false
    /// In which symbols something is, or may be, open.
    var symbols: Set<Symbol> = []
    /// The venue's clock at the first of the polls in a row that listed nothing.
    private(set) var quietSince: Timestamp?
    private(set) var pollAt: Timestamp?
    /// Set from the proof on, until something is listed again.
    private(set) var isProven = false
    /// How positions are closed from then on, where the halt asks for it.
    var rounds: FlattenRounds

    init(_ halt: Halt, quiet: Duration, at now: Timestamp) {
        self.halt = halt
        self.quiet = quiet
        pollAt = now
        rounds = FlattenRounds(begunAt: now)
    }

    /// Takes a poll's answer.
    ///
    /// - Returns: Whether it completes the proof.
    mutating func polled(venueTime: Timestamp, openOrders: [VenueOpenOrder], unproven: Int, at now: Timestamp) -> Bool {
        missed(at: now)
        guard openOrders.isEmpty, unproven == 0, isAcknowledged else {
            quietSince = nil
            if !openOrders.isEmpty {
                wantsCancel = true
                symbols.formUnion(openOrders.map(\.symbol))
            }
            return false
        }
        guard let first = quietSince else {
            quietSince = venueTime
            return false
        }
        guard venueTime - first >= quiet else { return false }
        pollAt = nil
        isProven = true
        return true
    }

    /// The venue could not be asked.
    mutating func missed(at now: Timestamp) {
        pollAt = now + Self.pollInterval
        if wasUnheard { wantsCancel = true }
    }

    // MARK: Flattening

    /// Goes on to poll, now for positions.
    mutating func resume(at now: Timestamp) { pollAt = now }

    /// Nothing more is to be found out.
    mutating func rest() { pollAt = nil }

    /// Something is open again that nobody of ours has sent: the way begins anew.
    mutating func reopen(_ openOrders: [VenueOpenOrder], at now: Timestamp) {
        isProven = false
        _ = polled(venueTime: now, openOrders: openOrders, unproven: 0, at: now)
    }
}

/// The rounds of orders by which a halt's flatten closes positions.
///
/// A round is over when all its orders have ended. The next closes what the venue still shows, after a wait that doubles
/// while nothing is closed: a venue's positions may be told later than its trades.
struct FlattenRounds: Sendable {
    /// After so many in a row that closed nothing, about half a minute, a person has to look.
    private static let fruitlessMost = 4

    /// When the halt came into force here; it may do so again under one lease.
    private let begunAt: Timestamp
    private(set) var count = 0
    /// What was given to close each symbol in the last round; results tell how it ended.
    var orders: [Symbol: [ParentOrderID]] = [:]
    /// Why a symbol was given none.
    var problems: [Symbol: String] = [:]
    /// Rounds in a row that closed nothing.
    private var fruitless = 0
    /// The least that was held of each symbol at the begin of a round.
    private var least: [Symbol: Quantity] = [:]
    private var nextAt: Timestamp?

    init(begunAt: Timestamp) { self.begunAt = begunAt }

    /// Names the round within a lease, so that no two rounds give one order.
    var key: String { "\(begunAt.nanoseconds)|\(count)" }

    /// Whether the last round had time to show at the venue.
    func isOver(at now: Timestamp) -> Bool { nextAt.map { $0 <= now } ?? true }

    /// Takes what is held now, after the last round.
    ///
    /// Only less than ever before is progress, so that rounds end also where somebody else keeps trading.
    ///
    /// - Returns: Whether another round is worth a try.
    mutating func goesOn(_ held: [(symbol: Symbol, quantity: Quantity)]) -> Bool {
        for (symbol, quantity) in held where least[symbol].map({ quantity.magnitude < $0 }) ?? true {
            least[symbol] = quantity.magnitude
            fruitless = 0
        }
        let symbols = Set(held.map(\.symbol))
        for symbol in least.keys where !symbols.contains(symbol) && least[symbol] != .zero {
            least[symbol] = .zero
            fruitless = 0
        }
        return fruitless < Self.fruitlessMost
    }

    mutating func begin(at now: Timestamp) {
        count += 1
        fruitless += 1
        (orders, problems) = ([:], [:])
        wait(at: now)
    }

    /// Begins the wait anew, while orders of the round are under way.
    mutating func wait(at now: Timestamp) { nextAt = now + .seconds(1 << fruitless) }
}
