/// What addresses and accounts have used of their limits, in windows that begin with the clock's minutes and tens of
/// seconds.
struct RateMeter: Sendable {
    private struct Window: Sendable {
        var number: Int64 = -1
        var used = 0

        mutating func add(_ amount: Int, at now: Int64, span: Int64) -> Int {
            roll(at: now, span: span)
            used += amount
            return used
        }

        mutating func roll(at now: Int64, span: Int64) {
            if now / span != number { (number, used) = (now / span, 0) }
        }
    }

    private struct Address: Sendable {
        var weight = Window()
        /// Requests that were refused in this window.
        var refused = 0
        var bans = 0
        var bannedUntil: Int64 = 0
    }

    private struct Orders: Sendable {
        var tenSeconds = Window()
        var minute = Window()
    }

    static let minute: Int64 = 60_000
    static let tenSeconds: Int64 = 10_000
    private static let longestBan: Int64 = 3 * 86_400_000

    private var addresses: [String: Address] = [:]
    private var accounts: [String: Orders] = [:]

    func used(_ address: String) -> Int { addresses[address]?.weight.used ?? 0 }

    /// Counts a request; throws when the address is over its limit or banned.
    mutating func charge(
        _ weight: Int,
        to address: String,
        at now: Int64,
        _ settings: ExchangeSettings
    ) throws(Refusal) {
        var state = addresses[address] ?? Address()
        defer { addresses[address] = state }
        if now < state.bannedUntil {
            throw Refusal.banned(address, until: state.bannedUntil, retryAfter: Self.seconds(state.bannedUntil - now))
        }
        let window = state.weight.number
        let used = state.weight.add(weight, at: now, span: Self.minute)
        if state.weight.number != window { state.refused = 0 }
        guard used > settings.weightPerMinute else { return }
        state.refused += 1
        if state.refused > settings.patience {
            let length = min(settings.banSeconds * 1000 << min(Int64(state.bans), 20), Self.longestBan)
            state.bans += 1
            state.refused = 0
            state.bannedUntil = now + length
            throw Refusal.banned(address, until: state.bannedUntil, retryAfter: Self.seconds(length))
        }
        throw Refusal.tooMuchWeight(
            address,
            settings.weightPerMinute,
            retryAfter: Self.seconds(Self.minute - now % Self.minute)
        )
    }

    /// Counts orders of an account; throws, and counts nothing, when that is too many.
    mutating func order(
        _ account: String,
        _ count: (tenSeconds: Int, minute: Int),
        at now: Int64,
        _ settings: ExchangeSettings
    ) throws(Refusal) {
        var state = accounts[account] ?? Orders()
        state.tenSeconds.roll(at: now, span: Self.tenSeconds)
        state.minute.roll(at: now, span: Self.minute)
        if state.tenSeconds.used + count.tenSeconds > settings.ordersPerTenSeconds {
            throw Refusal.tooManyOrders(
                settings.ordersPerTenSeconds,
                per: "TEN_SECONDS",
                retryAfter: Self.seconds(Self.tenSeconds - now % Self.tenSeconds)
            )
        }
        if state.minute.used + count.minute > settings.ordersPerMinute {
            throw Refusal.tooManyOrders(
                settings.ordersPerMinute,
                per: "MINUTE",
                retryAfter: Self.seconds(Self.minute - now % Self.minute)
            )
        }
        state.tenSeconds.used += count.tenSeconds
        state.minute.used += count.minute
        accounts[account] = state
    }

    func orders(_ account: String) -> (tenSeconds: Int, minute: Int) {
        let state = accounts[account] ?? Orders()
        return (state.tenSeconds.used, state.minute.used)
    }

    /// Whole seconds, at least one.
    private static func seconds(_ milliseconds: Int64) -> Int64 { max(1, (milliseconds + 999) / 1000) }
}
