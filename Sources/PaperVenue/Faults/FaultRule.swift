/// One fault: what goes wrong, where, when and how often.
public struct FaultRule: Hashable, Sendable, Codable {
    public var kind: FaultKind
    /// Requests it can hit; ignored by kinds that hit no requests.
    public var classes: [RequestClass]
    /// Only requests and events whose text contains this, such as a client order id's prefix.
    public var containing: String?
    /// Milliseconds of venue time from when the rule is given until it begins.
    public var fromMilliseconds: Int64
    /// Milliseconds of venue time from when the rule is given until it ends; `nil` for never.
    public var untilMilliseconds: Int64?
    /// How many it hits before it is used up; `nil` for all.
    public var next: Int?
    /// The chance to hit, of those that it could, from 0 to 1.
    public var probability: Double
    /// How late an answer, a request or an event comes, in milliseconds of venue time.
    public var delayMilliseconds: Int64
    /// How far the clock is ahead (negative: behind), in milliseconds.
    public var shiftMilliseconds: Int64
    /// What `Retry-After` says, in seconds.
    public var retryAfterSeconds: Int

    public init(
        _ kind: FaultKind,
        classes: [RequestClass] = [.place, .cancel, .modify],
        containing: String? = nil,
        fromMilliseconds: Int64 = 0,
        untilMilliseconds: Int64? = nil,
        next: Int? = nil,
        probability: Double = 1,
        delayMilliseconds: Int64 = 1000,
        shiftMilliseconds: Int64 = 0,
        retryAfterSeconds: Int = 5
    ) {
        self.kind = kind
        self.classes = kind == .throttled ? [.place] : classes
        self.containing = containing
        self.fromMilliseconds = fromMilliseconds
        self.untilMilliseconds = untilMilliseconds
        self.next = kind.scope == .moments ? 1 : next
        self.probability = probability
        self.delayMilliseconds = delayMilliseconds
        self.shiftMilliseconds = shiftMilliseconds
        self.retryAfterSeconds = retryAfterSeconds
    }
}
