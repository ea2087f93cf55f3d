import Foundation
import Networking
import Notifications
import Orchestration

/// Makes the channels of a configuration; their secrets come from variables, those of a `.env` file of mode 0600 among them.
struct ChannelFactory {
    private let configuration: NotificationConfiguration
    private let variables: [String: String]

    init(_ loaded: LoadedConfiguration) {
        configuration = loaded.configuration.notifications
        variables = loaded.variables
    }

    var channels: NotificationChannels {
        NotificationChannels(
            Dictionary(uniqueKeysWithValues: configuration.channels.map { ($0.key, channel($0.key, $0.value)) })
        )
    }

    private func channel(_ name: String, _ settings: NotificationConfiguration.Channel) -> any NotificationChannel {
        switch settings {
        case .webhook(let webhook): self.webhook(name, webhook)
        case .mail(let mail): self.mail(name, mail)
        case .command(let command, let timeout):
            CommandChannel(
                command: command.map(absolute),
                path: variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
                folder: FileManager.default.currentDirectoryPath,
                timeout: timeout ?? .seconds(10)
            )
        }
    }

    private func webhook(_ name: String, _ settings: NotificationConfiguration.Webhook) -> any NotificationChannel {
        if let missing = missing([settings.urlVariable, settings.secretVariable]) {
            return IncompleteChannel(summary: "webhook", problem: unset(missing, name))
        }
        guard let url = settings.url ?? settings.urlVariable.flatMap({ variables[$0] }) else {
            return IncompleteChannel(summary: "webhook", problem: "Channel '\(name)' has no address.")
        }
        return WebhookChannel(
            url: ChannelSecret(url),
            secret: settings.secretVariable.flatMap { variables[$0] }.map { ChannelSecret($0) },
            timeout: settings.timeout ?? .seconds(10)
        )
    }

    private func mail(_ name: String, _ settings: NotificationConfiguration.Mail) -> any NotificationChannel {
        if let missing = missing([settings.userVariable, settings.passwordVariable]) {
            return IncompleteChannel(summary: "mail by \(settings.host)", problem: unset(missing, name))
        }
        if let file = settings.authoritiesFile, !FileManager.default.isReadableFile(atPath: file) {
            let problem =
                "Channel '\(name)' trusts the certificates in '\(file)', which cannot be read. Mend `ca_file`."
            return IncompleteChannel(summary: "mail by \(settings.host)", problem: problem)
        }
        let server = MailServer(
            host: settings.host,
            port: settings.port,
            security: settings.security,
            user: settings.userVariable.flatMap { variables[$0] },
            password: settings.passwordVariable.flatMap { variables[$0] },
            authoritiesFile: settings.authoritiesFile
        )
        return MailChannel(
            server: server,
            from: settings.from,
            to: settings.to,
            timeout: settings.timeout ?? .seconds(20)
        )
    }

    private func missing(_ names: [String?]) -> String? {
        names.compactMap(\.self).first { (variables[$0] ?? "").isEmpty }
    }

    private func unset(_ variable: String, _ name: String) -> String {
        "Channel '\(name)' needs the variable \(variable), which is not set. Set it in the environment or in `.env`."
    }

    /// A path that exists from here as an absolute one.
    private func absolute(_ argument: String) -> String {
        guard !argument.hasPrefix("/"), argument.contains("/"), FileManager.default.fileExists(atPath: argument) else {
            return argument
        }
        return FileManager.default.currentDirectoryPath + "/" + argument
    }
}
