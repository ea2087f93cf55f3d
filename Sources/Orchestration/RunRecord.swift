public import TradingDomain
public import Workflows
import YAMLNodes

/// A run as it was started.
public struct RunRecord: Codable, Hashable, Sendable {
    public var id: RunID
    public var workflow: String
    /// Hash of the canonical definitions that the run is pinned to.
    public var definitionHash: String
    /// The definitions' source texts by workflow name.
    public var sources: [String: String]
    /// Input values as JSON.
    public var inputs: String
    public var account: AccountID
    public var environment: TradingEnvironment
    /// How market and clock were chosen, as JSON, so that a resumed run gets the same.
    public var launch: String
    /// Business time at which the run began.
    public var startedAt: Timestamp
    public var seed: UInt64

    public init(
        id: RunID,
        workflow: String,
        definitionHash: String,
        sources: [String: String],
        inputs: String,
        account: AccountID,
        environment: TradingEnvironment,
        launch: String,
        startedAt: Timestamp,
        seed: UInt64
    ) {
        self.id = id
        self.workflow = workflow
        self.definitionHash = definitionHash
        self.sources = sources
        self.inputs = inputs
        self.account = account
        self.environment = environment
        self.launch = launch
        self.startedAt = startedAt
        self.seed = seed
    }
}

extension RunRecord {
    /// A new run of a workflow.
    ///
    /// Its seed derives from definition, inputs, market and time, never from the id.
    ///
    /// - Parameters:
    ///   - bundle: The workflow with those that it runs.
    ///   - inputs: By name; the workflow's defaults stand for what is left out.
    ///   - account: The account's full name, namespace included.
    ///   - environment: Where its orders go.
    ///   - fingerprint: What tells the market from others.
    ///   - launch: How market and clock were chosen, as JSON.
    ///   - now: Business time at which it begins.
    /// - Throws: An encoding error.
    public init(
        of bundle: WorkflowBundle,
        inputs: [String: Value],
        account: AccountID,
        environment: TradingEnvironment,
        market fingerprint: String,
        launch: String,
        at now: Timestamp
    ) throws {
        let text = try StoredJSON.encode(inputs)
        self.init(
            id: RunID(unchecked: UUIDv7.make(at: now)),
            workflow: bundle.root.name,
            definitionHash: bundle.hash,
            sources: Dictionary(
                bundle.sources.map { ($0.workflow, $0.source.text) },
                uniquingKeysWith: { first, _ in first }
            ),
            inputs: text,
            account: account,
            environment: environment,
            launch: launch,
            startedAt: now,
            seed: Digest.seed("\(bundle.hash)|\(text)|\(fingerprint)|\(now)")
        )
    }
}
