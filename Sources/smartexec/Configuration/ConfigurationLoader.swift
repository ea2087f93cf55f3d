import Foundation
import YAMLNodes

/// Which of the overlays `config/config.<name>.yaml` is used.
enum DeploymentEnvironment: String, CaseIterable, Hashable, Sendable {
    case paper, staging, production
}

/// A configuration with where each of its values came from.
struct LoadedConfiguration: Sendable {
    var configuration: Configuration
    var environment: DeploymentEnvironment
    /// Every value with its source, secrets masked.
    var settings: [EffectiveSetting]
    /// The files that were read, lowest first.
    var files: [String]
    /// The variables of the process and of `.env` together, for secrets and for agents' environments.
    var variables: [String: String]
    var warnings: [Diagnostic]
    /// The command line agreed to trade real money.
    var isLive = false
}

/// Everything that is wrong with a configuration, at once.
struct ConfigurationFailure: Error, CustomStringConvertible {
    let diagnostics: [Diagnostic]

    /// Stable name for programs.
    var code: String { "configuration_invalid" }

    var description: String { diagnostics.rendered }
}

/// Builds the configuration from its layers: built-in defaults, `config.yaml`, the environment's overlay, variables.
struct ConfigurationLoader {
    /// The folder with `config.yaml`; `nil`: `SMARTEXEC_CONFIG`, else `config` where there is one.
    var directory: String?
    /// The overlay's name as given on the command line; `nil`: `SMARTEXEC_ENVIRONMENT`, else paper.
    var environment: String?
    var variables: [String: String]
    /// Where `.env` and the default `config` folder are looked for.
    var workingDirectory = "."

    /// - Throws: ``ConfigurationFailure`` with everything that is wrong.
    func load() throws(ConfigurationFailure) -> LoadedConfiguration {
        let diagnostics = Diagnostics()
        var variables = EnvironmentVariables(variables)
        variables.addFile(path(".env"), name: ".env", into: diagnostics)
        let environment = chosenEnvironment(variables, diagnostics)
        var tree = BuiltInConfiguration.node(BuiltInConfiguration.root)
        var files: [String] = []
        for file in layers(environment, variables, diagnostics) {
            guard let node = read(file, diagnostics) else { continue }
            files.append(file)
            tree = tree.layered(underFile: node)
        }
        tree = EnvironmentOverrides.apply(variables, to: BuiltInConfiguration.completed(tree), diagnostics)
        tree = BuiltInConfiguration.completed(tree)
        let configuration = Configuration.decode(tree, diagnostics)
        let found = diagnostics.sorted.map(\.withoutSecrets)
        guard let configuration, !diagnostics.hasErrors else { throw ConfigurationFailure(diagnostics: found) }
        return LoadedConfiguration(
            configuration: configuration,
            environment: environment,
            settings: EffectiveSetting.all(of: tree),
            files: files,
            variables: variables.values,
            warnings: found
        )
    }

    private func path(_ name: String) -> String {
        name.hasPrefix("/") || workingDirectory == "." ? name : "\(workingDirectory)/\(name)"
    }

    private func chosenEnvironment(_ variables: EnvironmentVariables, _ diagnostics: Diagnostics)
        -> DeploymentEnvironment
    {
        let variable = "SMARTEXEC_ENVIRONMENT"
        guard let text = environment ?? variables.values[variable], !text.isEmpty else { return .paper }
        if let known = DeploymentEnvironment(rawValue: text) { return known }
        let name = environment == nil ? variables.sourceName(variable) : "--environment"
        let source = SourceFile(name: name, text: text)
        let names = DeploymentEnvironment.allCases.map(\.rawValue)
        let list = "there are \(names.joined(separator: ", "))"
        let help = Suggestion.question(for: text, in: names).map { "\($0) \(list)" } ?? list
        diagnostics.error(
            "unknown-name",
            "no environment is called `\(text)`",
            at: source.range(0..<source.count),
            help: help
        )
        return .paper
    }

    /// The files to read, lowest first.
    private func layers(
        _ environment: DeploymentEnvironment,
        _ variables: EnvironmentVariables,
        _ diagnostics: Diagnostics
    ) -> [String] {
        let asked = directory ?? variables.values["SMARTEXEC_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let folder = asked ?? "config"
        let base = "\(folder)/config.yaml"
        let overlay = "\(folder)/config.\(environment.rawValue).yaml"
        if asked != nil, !FileManager.default.fileExists(atPath: path(base)) {
            let help = "name a folder that holds config.yaml, or leave the option out for the built-in defaults"
            diagnostics.error(
                "file",
                "there is no such file",
                at: SourceFile(name: base, text: "").range(0..<0),
                help: help
            )
        }
        warnOfStrays(folder, diagnostics)
        return [base, overlay].filter { FileManager.default.fileExists(atPath: path($0)) }
    }

    /// A misspelt file name would be ignored without a word.
    private func warnOfStrays(_ folder: String, _ diagnostics: Diagnostics) {
        let known = ["config.yaml"] + DeploymentEnvironment.allCases.map { "config.\($0.rawValue).yaml" }
        // No folder is no stray file.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []
        for name in names.sorted() where name.hasPrefix("config.") && !known.contains(name) {
            guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { continue }
            let range = SourceFile(name: "\(folder)/\(name)", text: "").range(0..<0)
            let help = "names that are read: \(known.joined(separator: ", "))"
            diagnostics.warning("file", "this file is not read", at: range, help: help)
        }
    }

    private func read(_ file: String, _ diagnostics: Diagnostics) -> YAMLNode? {
        guard let data = FileManager.default.contents(atPath: path(file)) else {
            let range = SourceFile(name: file, text: "").range(0..<0)
            diagnostics.error("file", "the file cannot be read", at: range, help: "check its owner and mode")
            return nil
        }
        let bytes = [UInt8](data)
        // An overlay of comments alone is a good beginning of one.
        guard !isBlank(bytes), let node = Secrets.read(bytes, name: file, into: diagnostics) else { return nil }
        guard node.entries != nil else {
            let message = "the file must hold keys with values, found \(node.kindDescription)"
            diagnostics.error("shape", message, at: node.range)
            return nil
        }
        return node
    }

    private func isBlank(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").allSatisfy { line in
            let text = line.trimmingCharacters(in: .whitespaces)
            return text.isEmpty || text.hasPrefix("#")
        }
    }
}

extension Diagnostic {
    /// The same with passwords masked: a wrong value is quoted, and it may hold one.
    fileprivate var withoutSecrets: Diagnostic {
        Diagnostic(severity, rule: rule, Secrets.masked(message), at: range, help: help.map(Secrets.masked))
    }
}
