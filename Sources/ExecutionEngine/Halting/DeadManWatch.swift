import OrderManagement
import RiskRules
public import TradingDomain

/// How the venue's dead-man timer is kept while orders rest there.
///
/// A timer that is not renewed in time cancels what rests at the venue: nobody is there to cancel it.
public struct DeadManSettings: Hashable, Sendable {
    /// How long the venue waits for a renewal; 10 s to an hour.
    public let after: Duration

    /// So many renewals may be missed in a row.
    private static let renewals = 3

    public init(after: Duration) {
        precondition(.seconds(10)...(.seconds(3600)) ~= after, "a timer is from 10 s to an hour, not \(after)")
        self.after = after
    }

    /// Between renewals.
    var interval: Duration { after / Self.renewals }
}

/// What is to be asked of the venue's dead-man timer.
public struct DeadManRequest: Hashable, Sendable {
    /// `nil` disarms.
    public let after: Duration?
    public let symbols: [Symbol]
}

/// For which symbols the venue's dead-man timer runs, and when it has to be renewed; a plain value.
struct DeadManWatch: Sendable {
    /// Between two looks at what rests.
    private static let lookInterval = Duration.seconds(1)

    let settings: DeadManSettings
    /// When something was last seen to rest, by symbol of which the timer runs or may run.
    private var rested: [Symbol: Timestamp] = [:]
    /// Symbols of which the venue has taken the timer.
    private(set) var armed: Set<Symbol> = []
    private var lookAt: Timestamp?
    private var renewAt: Timestamp?

    init(_ settings: DeadManSettings) { self.settings = settings }

    func isLookDue(at now: Timestamp) -> Bool { isDue(lookAt, within: Self.lookInterval, at: now) }

    /// Decides by what rests now.
    mutating func request(_ resting: Set<Symbol>, at now: Timestamp) -> DeadManRequest? {
        lookAt = now + Self.lookInterval
        for symbol in resting { rested[symbol] = now }
        // An algorithm may be between two orders: the timer stays for a while, renewed no more.
        let idle = rested.filter { now - $0.value > settings.interval || $0.value > now }.keys.sorted()
        if !idle.isEmpty {
            for symbol in idle {
                rested[symbol] = nil
                armed.remove(symbol)
            }
            return DeadManRequest(after: nil, symbols: idle)
        }
        guard !resting.isEmpty, !resting.isSubset(of: armed) || isDue(renewAt, within: settings.interval, at: now)
        else {
            return nil
        }
        renewAt = now + settings.interval
        return DeadManRequest(after: settings.after, symbols: resting.sorted())
    }

    /// Takes the venue's answer; a timer that was not taken is asked for again with the next look.
    mutating func answered(_ request: DeadManRequest, isArmed: Bool) {
        guard request.after != nil else { return }
        if isArmed { armed.formUnion(request.symbols) } else { armed.subtract(request.symbols) }
    }

    /// The venue's clock may be set back: then a time that is farther off than it can be has come.
    private func isDue(_ time: Timestamp?, within most: Duration, at now: Timestamp) -> Bool {
        time.map { $0 <= now || $0 > now + most } ?? true
    }
}

extension EngineCore {
    /// What is to be asked of the venue's dead-man timer now; the caller tells the answer: ``armedDeadMan(_:_:at:)``.
    public mutating func dueDeadMan(at now: Timestamp) -> DeadManRequest? {
        guard halt.halt == nil, deadMan?.isLookDue(at: now) == true else { return nil }
        let symbols = resting(at: now)
        return deadMan?.request(symbols, at: now)
    }

    /// Takes the venue's answer.
    public mutating func armedDeadMan(_ request: DeadManRequest, _ answer: DeadManAnswer, at now: Timestamp) {
        switch answer {
        case .armed: deadMan?.answered(request, isArmed: true)
        case .unsupported: deadMan = nil
        case .unavailable(let reason):
            deadMan?.answered(request, isArmed: false)
            guard request.after != nil else { return }
            let names = request.symbols.map(\.text).joined(separator: ", ")
            alert(
                "dead_man_unarmed",
                "The venue's dead-man timer for \(names) is not armed: \(reason). It is asked again; until then orders that "
                    + "rest would stay if this machine died.",
                parent: nil,
                at: now
            )
        }
    }

    /// Symbols of which the timer is to be disarmed when the account is given back; those of resting orders stay armed.
    public var deadManToDisarm: [Symbol] {
        guard let deadMan else { return [] }
        return deadMan.armed.subtracting(resting(at: nil)).sorted()
    }

    /// Symbols in which an order of ours rests at the venue, or may; at a time, without those that were just sent.
    private func resting(at now: Timestamp?) -> Set<Symbol> {
        var symbols: Set<Symbol> = []
        for place in working where !symbols.contains(sessions.all[place].parent.symbol) {
            if sessions.all[place].children.values.contains(where: { $0.mayRest(at: now) }) {
                symbols.insert(sessions.all[place].parent.symbol)
            }
        }
        return symbols
    }
}

extension ChildState {
    /// An order that takes at once is gone by then, and needs no timer.
    private static let restsAfter = Duration.seconds(1)

    /// Whether it is open and of a kind that waits at the venue.
    fileprivate func mayRest(at now: Timestamp?) -> Bool {
        guard !life.isFinal, order.request.type.limitPrice != nil else { return false }
        if let now, now - order.requestTime < Self.restsAfter { return false }
        return order.request.timeInForce == .day || order.request.timeInForce == .goodTillCancel
    }
}
