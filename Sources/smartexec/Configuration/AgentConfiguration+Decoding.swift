import TradingDomain
import YAMLNodes

extension AgentConfiguration {
    /// Absent keys were filled in from ``BuiltInConfiguration/agent(_:)``, so only what has no default may be missing.
    static func decode(_ name: String, _ map: MappingReader) -> AgentConfiguration? {
        checkName(name, map)
        guard let kind = map.required("kind", .enumeration(Kind.self)) else {
            // Which keys are right depends on the kind, so none is called wrong.
            for entry in map.node.entries ?? [] { map.allow(entry.key) }
            return nil
        }
        return switch kind {
        case .momentum: momentum(map)
        case .file: .file(FileAgentConfiguration(path: map.optional("path", .nonEmptyText)))
        case .process: process(map)
        case .http: http(map)
        }
    }

    private static func checkName(_ name: String, _ map: MappingReader) {
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789._-")
        guard name.count > 64 || !name.allSatisfy(allowed.contains) else { return }
        let range = map.node.range
        map.diagnostics.error(
            "value",
            "`\(name)` is no agent name",
            at: range,
            help: "at most 64 of a-z, 0-9 and . _ -"
        )
    }

    private static func momentum(_ map: MappingReader) -> AgentConfiguration? {
        let lookback = map.required("lookback", .int.within(2...10_000))
        let threshold = map.required("threshold", .positiveDecimal)
        let size = map.required("size_percent", .positivePercentPoints(most: 100))
        let urgency = map.required("urgency", .enumeration(Urgency.self))
        guard let lookback, let threshold, let size, let urgency else { return nil }
        return .momentum(
            MomentumAgentConfiguration(lookback: lookback, threshold: threshold, sizePercent: size, urgency: urgency)
        )
    }

    private static func process(_ map: MappingReader) -> AgentConfiguration? {
        let command = map.requiredNode("command") == nil ? nil : map.list("command", .text)
        let deadline = map.required("deadline", .positiveDuration)
        let environment = map.list("environment", .variableName) ?? []
        for name in environment where AgentConfiguration.isOurs(name) {
            let help = "remove it: with it an agent could reach the database, and approve its own orders"
            let range = map.node("environment")?.range ?? map.node.range
            map.diagnostics.error("secret", "an agent is never given `\(name)`", at: range, help: help)
        }
        guard let command, let deadline else { return nil }
        guard let program = command.first, !program.isEmpty else {
            let range = map.node("command")?.range ?? map.node.range
            let help = "write a list, such as [python3, Examples/agents/momentum_agent.py]"
            map.diagnostics.error("value", "`command` names no program", at: range, help: help)
            return nil
        }
        return .process(ProcessAgentConfiguration(command: command, deadline: deadline, environment: environment))
    }

    private static func http(_ map: MappingReader) -> AgentConfiguration? {
        let url = map.required("url", .httpURL)
        let deadline = map.required("deadline", .positiveDuration)
        let bytes = map.required("max_response_bytes", .int.within(1...(64 << 20)))
        guard let url, let deadline, let bytes else { return nil }
        return .http(HTTPAgentConfiguration(url: url, deadline: deadline, maxResponseBytes: bytes))
    }
}
