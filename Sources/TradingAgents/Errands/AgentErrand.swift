public import TradingDomain

/// A question to an agent that another worker may ask in place of the one that holds the run.
///
/// Only the asking travels: the answer comes back as it was given, and whoever holds the run stamps, records and judges it
/// as if it had asked itself.
public struct AgentErrand: Hashable, Sendable {
    /// For whom it is, and what makes two workers' agents the same.
    public struct Origin: Hashable, Sendable {
        public let run: RunID
        /// The run's epoch: once another worker holds the run, nobody waits for the answer any more.
        public let epoch: Int64
        public let account: AccountID
        /// The asking step's durable path.
        public let path: String
        /// Of everything that the agent is made of; a worker whose agent of that name differs leaves it alone.
        public let fingerprint: String

        public init(run: RunID, epoch: Int64, account: AccountID, path: String, fingerprint: String) {
            self.run = run
            self.epoch = epoch
            self.account = account
            self.path = path
            self.fingerprint = fingerprint
        }
    }

    /// Never used twice.
    public let id: String
    public let origin: Origin
    public let agent: AgentID
    /// Wall-clock time to answer in, from when the agent is started; above zero.
    public let timeout: Duration
    /// The request as JSON.
    public let request: [UInt8]

    public init(id: String, origin: Origin, agent: AgentID, timeout: Duration, request: [UInt8]) {
        self.id = id
        self.origin = origin
        self.agent = agent
        self.timeout = timeout
        self.request = request
    }

    /// Returns the fingerprint of an agent that is made of these parts.
    public static func fingerprint(_ parts: [String]) -> String {
        Hash.hexadecimal(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8)
    }

    /// The same question under the id of its place in the line.
    func numbered(_ number: Int) -> AgentErrand {
        AgentErrand(
            id: "\(origin.run)/\(origin.epoch)/\(origin.path)/\(number)",
            origin: origin,
            agent: agent,
            timeout: timeout,
            request: request
        )
    }
}

/// An errand that a worker has taken.
public struct TakenErrand: Hashable, Sendable {
    public let errand: AgentErrand
    /// Rises each time that the errand is taken: the answer of whoever had it before is refused.
    public let claim: Int64

    public init(errand: AgentErrand, claim: Int64) {
        self.errand = errand
        self.claim = claim
    }
}

/// How an errand stands.
public enum ErrandStanding: Hashable, Sendable {
    /// Nobody has begun.
    case open
    /// Somebody asks, for so long already.
    case taken(for: Duration)
    /// Taken by somebody whose lease is over, or answered in a way that cannot be read here: nothing will come of it.
    case lost
    /// Answered by a worker.
    case answered(AgentAnswer)
    /// Not answered, and its run is to end early.
    case calledOff
}

/// Where errands lie that workers do for each other.
///
/// Every write of a helper is refused once its lease is over, its errand is another's, or the run has another holder.
public protocol ErrandBoard: Sendable {
    /// Whether a living worker beside this one takes errands of the account.
    func hasHelpers(for account: AccountID) async throws -> Bool
    /// Puts errands up; what lies there already stays as it is.
    func offer(_ errands: [AgentErrand]) async throws
    /// Takes errands back that nobody has begun; returns those.
    func recall(_ ids: [String]) async throws -> Set<String>
    /// How errands stand; those that are not there are left out.
    func look(at ids: [String]) async throws -> [String: ErrandStanding]
    /// Removes errands that nobody waits for, whoever is at them.
    func drop(_ ids: [String]) async throws

    /// Takes the oldest open errands of other workers' runs for agents with these fingerprints.
    ///
    /// - Parameters:
    ///   - most: So many at most.
    ///   - fingerprints: Of the agents that this worker can ask.
    ///   - refused: Errands that it has given back, and leaves to others.
    /// - Returns: What it has now to ask.
    /// - Throws: The board's errors; whether anything is taken is not known then, see ``leaveOthers(than:)``.
    func take(_ most: Int, of fingerprints: [String], except refused: [String]) async throws -> [TakenErrand]
    /// Hands an answer in; `false` when nobody wants it any more.
    func answer(_ taken: TakenErrand, _ answer: AgentAnswer) async throws -> Bool
    /// The ids of those errands that are still this worker's to do.
    func wanted(_ taken: [TakenErrand]) async throws -> Set<String>
    /// Leaves an errand to others.
    func giveBack(_ taken: TakenErrand) async throws
    /// Leaves to others what lies with this worker unanswered and is not among `taken`: the board may know of more than it
    /// does, after a reply that was lost.
    func leaveOthers(than taken: [TakenErrand]) async throws
}
