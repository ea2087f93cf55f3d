public import TradingDomain
public import Workflows
import YAMLNodes

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
