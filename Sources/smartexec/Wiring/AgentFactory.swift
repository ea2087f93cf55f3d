import Assembly
import Foundation
import Orchestration
import TradingAgents
import TradingDomain

/// Makes agents of their configuration.
struct AgentFactory: Sendable {
    private let agents: [String: AgentConfiguration]
    private let variables: [String: String]
    private let transport: any AgentTransport

    init(_ loaded: LoadedConfiguration) {
        agents = loaded.configuration.agents
        variables = loaded.variables
        transport = CurlTransport()
    }

    /// The agents as the steps use them; `now` is the run's clock.
    func desk(maximumConcurrent: Int, now: @escaping @Sendable () -> Timestamp) -> AgentDesk {
        let known = Set(agents.keys)
        return AgentDesk(
            runtime: AgentRuntime(maximumConcurrent: maximumConcurrent, now: now),
            make: { name, decisions in try make(name, decisions) },
            profile: { id in known.contains(id.text) ? AgentProfile(id: id) : nil }
        )
    }

    /// - Throws: `StepFailure` for an unknown name, `DecisionFileError` for a decision file with problems.
    func make(_ name: String, _ decisions: String?) throws -> AgentDesk.Entry {
        guard let agent = agents[name] else {
            let known = agents.keys.sorted().joined(separator: ", ")
            throw StepFailure("unknown_agent", "There is no agent '\(name)'. Known: \(known). Add it under `agents:`.")
        }
        let id = AgentID(unchecked: name)
        switch agent {
        case .momentum(let settings):
            let parameters = MomentumAgent.Parameters(
                lookback: settings.lookback,
                threshold: settings.threshold.approximate,
                sizePercent: settings.sizePercent,
                urgency: settings.urgency
            )
            return AgentDesk.Entry(agent: MomentumAgent(id: id, parameters: parameters), timeout: .seconds(60))
        case .file(let settings):
            guard let path = decisions ?? settings.path else {
                throw StepFailure(
                    "no_decision_file",
                    "Agent '\(name)' reads decisions from a file. Give one, such as decisions=decisions.csv."
                )
            }
            return AgentDesk.Entry(agent: try FileAgent(id: id, path: path), timeout: .seconds(60))
        case .process(let settings):
            let configuration = ProcessAgent.Configuration(
                executable: absolute(settings.command[0]),
                arguments: settings.command.dropFirst().map(absolute),
                environment: variables.filter { name, _ in
                    (settings.environment.contains(name) || name == "PATH") && !AgentConfiguration.isOurs(name)
                }
            )
            return AgentDesk.Entry(
                agent: ProcessAgent(id: id, configuration: configuration),
                timeout: settings.deadline,
                options: AgentRuntime.Options(secrets: secrets)
            )
        case .http(let settings):
            let configuration = HTTPAgent.Configuration(
                baseURL: settings.url,
                maximumReplyBytes: settings.maxResponseBytes
            )
            return AgentDesk.Entry(
                agent: HTTPAgent(id: id, configuration: configuration, transport: transport),
                timeout: settings.deadline,
                options: AgentRuntime.Options(secrets: secrets)
            )
        }
    }

    /// Values of variables whose names are those of secrets: an agent that is given one may print it.
    private var secrets: Set<String> { Set(variables.filter { Secrets.isSecretName($0.key) }.values) }

    /// A path that exists from here as an absolute one: the child runs in a folder of its own.
    private func absolute(_ argument: String) -> String {
        guard !argument.hasPrefix("/"), argument.contains("/"), FileManager.default.fileExists(atPath: argument) else {
            return argument
        }
        return FileManager.default.currentDirectoryPath + "/" + argument
    }
}
