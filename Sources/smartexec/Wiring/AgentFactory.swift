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
    private let load: AgentLoad
    private let digests = FileDigests()

    /// Agents of a configuration; what is asked for this process's own runs counts in `load`.
    init(_ loaded: LoadedConfiguration, load: AgentLoad = AgentLoad()) {
        agents = loaded.configuration.agents
        variables = loaded.variables
        transport = CurlTransport()
        self.load = load
    }

    /// Asks agents for runs of other workers.
    ///
    /// - Parameters:
    ///   - board: Where their questions lie.
    ///   - capacity: Agents asked at once, those of this process's own runs included.
    ///   - tell: Hears of everything it does.
    /// - Returns: The helper, which begins nothing by itself.
    func runner(
        _ board: any ErrandBoard,
        capacity: Int,
        tell: @escaping @Sendable (ErrandRunner.Event) -> Void
    ) -> ErrandRunner {
        ErrandRunner(
            board: board,
            runtime: AgentRuntime(now: { Timestamp.wallClock }),
            names: agents.keys.sorted().map { AgentID(unchecked: $0) },
            find: { id in
                // An agent that cannot be made here is none that others can be helped with.
                guard let entry = try? make(id.text, nil), let fingerprint = entry.fingerprint else { return nil }
                return ErrandRunner.Helper(
                    agent: entry.agent,
                    fingerprint: fingerprint,
                    secrets: entry.options.secrets
                )
            },
            capacity: capacity,
            load: load,
            tell: tell
        )
    }

    /// The agents as the steps use them; `now` is the run's clock.
    func desk(maximumConcurrent: Int, now: @escaping @Sendable () -> Timestamp) -> AgentDesk {
        let known = Set(agents.keys)
        return AgentDesk(
            runtime: AgentRuntime(maximumConcurrent: maximumConcurrent, load: load, now: now),
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
                options: AgentRuntime.Options(secrets: secrets),
                fingerprint: fingerprint(settings)
            )
        case .http(let settings):
            let configuration = HTTPAgent.Configuration(
                baseURL: settings.url,
                maximumReplyBytes: settings.maxResponseBytes
            )
            return AgentDesk.Entry(
                agent: HTTPAgent(id: id, configuration: configuration, transport: transport),
                timeout: settings.deadline,
                options: AgentRuntime.Options(secrets: secrets),
                fingerprint: fingerprint(settings)
            )
        }
    }

    /// An address on this machine leads to another service on each.
    private func fingerprint(_ settings: HTTPAgentConfiguration) -> String {
        let host = URLComponents(string: settings.url)?.host ?? ""
        let isLocal = host == "localhost" || host.hasPrefix("127.") || host == "::1" || host == "[::1]"
        let place = isLocal ? ProcessInfo.processInfo.hostName : ""
        return AgentErrand.fingerprint(["http", settings.url, "\(settings.maxResponseBytes)", place])
    }

    /// Program, arguments and variables, of those with secrets only whether there are any; of files it is given, what is in
    /// them.
    private func fingerprint(_ settings: ProcessAgentConfiguration) -> String {
        let command = settings.command.map { argument in
            digests.digest(ofFile: absolute(argument)).map { "file \($0)" } ?? argument
        }
        let given = settings.environment.sorted().map { name in
            guard let value = variables[name] else { return "\(name) missing" }
            return Secrets.isSecretName(name) ? "\(name) set" : "\(name)=\(value)"
        }
        return AgentErrand.fingerprint(["process"] + command + given)
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
