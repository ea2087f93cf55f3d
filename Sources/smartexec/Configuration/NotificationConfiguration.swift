import ExecutionEngine
import Networking
import TradingDomain
import YAMLNodes

/// How people are told of things: channels by name, and what goes to them by itself.
struct NotificationConfiguration: Hashable, Sendable {
    enum Channel: Hashable, Sendable {
        case webhook(Webhook)
        /// Program and arguments; run without a shell.
        case command([String], timeout: Duration?)
        case mail(Mail)
    }

    struct Webhook: Hashable, Sendable {
        /// `http://` or `https://`; absent when a variable holds it.
        var url: String?
        var urlVariable: String?
        var secretVariable: String?
        var timeout: Duration?
    }

    struct Mail: Hashable, Sendable {
        var host: String
        var port: Int
        var security: MailServer.Security
        var from: String
        var to: [String]
        var userVariable: String?
        var passwordVariable: String?
        /// Certificates in PEM, trusted instead of the system's; relative to the working directory.
        var authoritiesFile: String?
        var timeout: Duration?
    }

    /// What goes to a channel without a workflow's asking.
    struct Alerts: Hashable, Sendable {
        var to: String
        /// Alerts below it stay in the list.
        var level: AlertLevel
    }

    var channels: [String: Channel] = [:]
    var alerts: Alerts?
    /// The channel that is told when a run waits for approval.
    var approvals: String?
}

extension NotificationConfiguration {
    private enum Entry {
        case channel(Channel)
        case alerts(Alerts)
        case approvals(String)
    }

    /// Names that are no channels.
    private static let reserved = ["alerts", "approvals"]

    static func decode(_ root: MappingReader) -> NotificationConfiguration {
        var configuration = NotificationConfiguration()
        for (name, entry) in root.entries("notifications", Self.entry) {
            switch entry {
            case .channel(let channel): configuration.channels[name] = channel
            case .alerts(let alerts): configuration.alerts = alerts
            case .approvals(let channel): configuration.approvals = channel
            }
        }
        let names = configuration.channels.keys.sorted()
        let wanted = [("alerts", configuration.alerts?.to), ("approvals", configuration.approvals)]
        for case (let key, let name?) in wanted where configuration.channels[name] == nil {
            let range = root.node("notifications")?[key]?.range ?? root.node.range
            let list = names.isEmpty ? "no channel is configured" : "known: \(names.joined(separator: ", "))"
            let help = Suggestion.question(for: name, in: names).map { "\($0) \(list)" } ?? list
            let message = "`notifications.\(key)` goes to `\(name)`, which is no channel"
            root.diagnostics.error("unknown-name", message, at: range, help: help)
        }
        return configuration
    }

    private static func entry(_ name: String, _ map: MappingReader) -> Entry? {
        switch name {
        case "alerts":
            let to = map.required("to", .nonEmptyText)
            let level = map.optional("level", .enumeration(AlertLevel.self)) ?? .warning
            return to.map { .alerts(Alerts(to: $0, level: level)) }
        case "approvals": return map.required("to", .nonEmptyText).map { .approvals($0) }
        default: return channel(map).map { .channel($0) }
        }
    }

    private static func channel(_ map: MappingReader) -> Channel? {
        let kinds = ["webhook", "webhook_env", "command", "smtp"].filter { map.has($0) }
        guard kinds.count == 1 else {
            for entry in map.node.entries ?? [] { map.allow(entry.key) }
            let message = kinds.isEmpty ? "a channel without a way" : "a channel has one way, not \(kinds.count)"
            let help = "give one of `webhook`, `webhook_env`, `command` and `smtp`"
            map.diagnostics.error("shape", message, at: map.node.range, help: help)
            return nil
        }
        let timeout = map.optional("timeout", .positiveDuration)
        switch kinds[0] {
        case "command":
            let command = map.list("command", .text) ?? []
            guard let program = command.first, !program.isEmpty else {
                let range = map.node("command")?.range ?? map.node.range
                map.diagnostics.error(
                    "value",
                    "`command` names no program",
                    at: range,
                    help: "write a list: [program, argument]"
                )
                return nil
            }
            return .command(command, timeout: timeout)
        case "smtp": return mail(map, timeout)
        default:
            let url = map.optional("webhook", .httpURL)
            let variable = map.optional("webhook_env", .variableName)
            let secret = map.optional("secret_env", .variableName)
            guard url != nil || variable != nil else { return nil }
            return .webhook(Webhook(url: url, urlVariable: variable, secretVariable: secret, timeout: timeout))
        }
    }

    private static func mail(_ map: MappingReader, _ timeout: Duration?) -> Channel? {
        let place = map.required("smtp", .hostAndPort)
        let from = map.required("from", .mailAddress)
        let isList = map.node("to")?.sequence != nil
        let to = isList ? map.list("to", .mailAddress) : map.required("to", .mailAddress).map { [$0] }
        let security = map.required("tls", .enumeration(MailServer.Security.self))
        let user = map.optional("username_env", .variableName)
        let password = map.optional("password_env", .variableName)
        let authorities = map.optional("ca_file", .nonEmptyText)
        if security == MailServer.Security.none, password != nil, let range = map.keyRange("password_env") {
            let help = "write `tls: starttls` or `tls: implicit`"
            map.diagnostics.error("secret", "a password would cross the network in plain text", at: range, help: help)
        }
        guard let place, let from, let to, !to.isEmpty, let security else { return nil }
        return .mail(
            Mail(
                host: place.host,
                port: place.port,
                security: security,
                from: from,
                to: to,
                userVariable: user,
                passwordVariable: password,
                authoritiesFile: authorities,
                timeout: timeout
            )
        )
    }
}

/// A machine and a port of it.
struct HostAndPort: Hashable, Sendable {
    let host: String
    let port: Int
}

extension ScalarType<HostAndPort> {
    static var hostAndPort: ScalarType {
        ScalarType("a host with its port, such as mail.example.com:587") { text throws(ScalarProblem) in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let isName = parts[0].utf8.allSatisfy {
                $0 == 45 || $0 == 46 || (48...57).contains($0) || (97...122).contains($0 | 0x20)
            }
            guard parts.count == 2, !parts[0].isEmpty, isName, let port = Int(parts[1]), 1...65_535 ~= port else {
                throw ScalarProblem("`\(text)` is no host with a port", help: "write mail.example.com:587")
            }
            return HostAndPort(host: String(parts[0]), port: port)
        }
    }
}

extension ScalarType<String> {
    /// An address without a display name; nothing in it can end a header or a command.
    static var mailAddress: ScalarType {
        ScalarType("a mail address") { text throws(ScalarProblem) in
            let parts = text.split(separator: "@", omittingEmptySubsequences: false)
            let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[],;:\\\"".utf8.contains($0) }
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain, text.utf8.count <= 254 else {
                throw ScalarProblem(
                    "`\(text)` is no mail address",
                    help: "write name@example.com, without a display name"
                )
            }
            return text
        }
    }
}
