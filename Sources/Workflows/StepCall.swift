public import TradingDomain

/// A step that can start now, with its inputs evaluated.
public struct StepCall: Hashable, Sendable {
    public let path: StepPath
    /// The step type's name.
    public let uses: String
    public let effect: StepEffect
    /// By field, of the declared types; optional fields without a value are left out, defaults are filled in.
    public let inputs: [String: Value]
    /// The workflow instance that it belongs to: the run itself or the `workflow.run` step that started a child.
    public let instance: StepPath
    /// The workflow that the instance runs.
    public let workflow: String
    /// The innermost foreach item around it.
    public let item: StepPath?
    /// Whose slot it takes while it executes.
    public let pool: String?
    public let timeout: Duration?
    /// Only on steps that read or notify.
    public let retry: RetryPolicy?
    /// Business time at which it became ready: when the step before it was done, also in a resumed run.
    public let startedAt: Timestamp
    /// When the timeout of a workflow around it ends; business time.
    public let workflowDeadline: CallDeadline?
    /// `file:line:column` of the step, for messages.
    public let place: String
    /// Position in the file and in the lists, by which calls are ordered.
    let order: [Int]

    /// When it must have ended, counted from when it became ready: by its own timeout or by that of a workflow around it.
    public var deadline: CallDeadline? {
        let own = timeout.map { limit in
            CallDeadline(time: startedAt + limit, reason: "step \(path)", limit: limit, isOfWorkflow: false)
        }
        guard let own, let outer = workflowDeadline else { return own ?? workflowDeadline }
        return own.time < outer.time ? own : outer
    }
}

/// When a call must have ended, and by whose timeout.
public struct CallDeadline: Hashable, Sendable {
    public let time: Timestamp
    /// Whose it is: `step ask[NVDA]/decide` or `workflow watchlist`.
    public let reason: String
    public let limit: Duration
    /// The timeout is of a workflow around it: a call that has not begun does not begin.
    public let isOfWorkflow: Bool

    public init(time: Timestamp, reason: String, limit: Duration, isOfWorkflow: Bool) {
        self.time = time
        self.reason = reason
        self.limit = limit
        self.isOfWorkflow = isOfWorkflow
    }

    /// `workflow watchlist had 2h`.
    public var text: String { "\(reason) had \(DurationText.print(limit))" }

    /// Stable code of the failure that passing it is.
    public static let code = "timed_out"
}

/// How a step ended.
public enum StepOutcome: Hashable, Sendable {
    /// - Parameters:
    ///   - output: The fields that the step type declares.
    ///   - status: What the step says about its item; `nil` says nothing.
    ///   - note: For the item's message.
    case success(output: Value.Record, status: ItemStatus? = nil, note: String? = nil)
    /// The enclosing item or workflow instance fails. `code` is a stable snake_case name.
    case failed(code: String, message: String)
    /// The enclosing item or workflow instance ends here, without a failure: HOLD, ABSTAIN, BLOCKED, REJECTED.
    case ended(ItemStatus, note: String)
}

/// JSON form: `{"kind":"success","output":…,"status":…,"note":…}`, `{"kind":"failed","code":…,"message":…}` or
/// `{"kind":"ended","status":…,"note":…}`.
extension StepOutcome: Codable {
    private enum CodingKeys: String, CodingKey { case kind, output, status, note, code, message }

    private enum Kind: String, Codable { case success, failed, ended }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .kind) {
        case .success:
            self = .success(
                output: try container.decode(Value.Record.self, forKey: .output),
                status: try container.decodeIfPresent(ItemStatus.self, forKey: .status),
                note: try container.decodeIfPresent(String.self, forKey: .note)
            )
        case .failed:
            self = .failed(
                code: try container.decode(String.self, forKey: .code),
                message: try container.decode(String.self, forKey: .message)
            )
        case .ended:
            self = .ended(
                try container.decode(ItemStatus.self, forKey: .status),
                note: try container.decode(String.self, forKey: .note)
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .success(let output, let status, let note):
            try container.encode(Kind.success, forKey: .kind)
            try container.encode(output, forKey: .output)
            try container.encodeIfPresent(status, forKey: .status)
            try container.encodeIfPresent(note, forKey: .note)
        case .failed(let code, let message):
            try container.encode(Kind.failed, forKey: .kind)
            try container.encode(code, forKey: .code)
            try container.encode(message, forKey: .message)
        case .ended(let status, let note):
            try container.encode(Kind.ended, forKey: .kind)
            try container.encode(status, forKey: .status)
            try container.encode(note, forKey: .note)
        }
    }
}

/// What expressions read as `run.*`: recorded data, never a clock.
public struct RunFacts: Hashable, Sendable {
    public let id: RunID
    public let startedAt: Timestamp

    public init(id: RunID, startedAt: Timestamp) {
        self.id = id
        self.startedAt = startedAt
    }
}

/// How a run, a child or an item ended.
public struct RunResult: Hashable, Sendable {
    public let status: ItemStatus
    /// The note or the error that goes with the status; may be empty.
    public let message: String

    public init(status: ItemStatus, message: String) {
        self.status = status
        self.message = message
    }
}

/// Progress of a run, for whoever shows it.
public enum RunEvent: Hashable, Sendable {
    case instanceStarted(StepPath, workflow: String, inputs: Value.Record)
    case instanceFinished(StepPath, workflow: String, RunResult)
    /// A foreach begins; its items start as there is room.
    case foreachStarted(StepPath, items: Int)
    case itemStarted(StepPath, key: String)
    case itemFinished(StepPath, key: String, RunResult)
    /// The step's `if` was false.
    case stepSkipped(StepPath)
}

/// One item of a foreach, for reports.
public struct ItemState: Hashable, Sendable {
    public let path: StepPath
    public let key: String
    /// `nil` while it runs.
    public let result: RunResult?
}
