import ArgumentParser

/// `smartexec config show`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the configuration.",
        subcommands: [ShowConfig.self],
        defaultSubcommand: ShowConfig.self
    )
}

/// `smartexec config show --effective`.
struct ShowConfig: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show each value in force; with --effective also where it comes from."
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Name the source of each value.")
    var effective = false

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let columns: [Table.Column] = [.text("Key"), .text("Value")] + (effective ? [.text("Source")] : [])
        try Listing(console: console, format: global.output).show(loaded.settings, empty: "Nothing is set.", columns) {
            index in
            let setting = loaded.settings[index]
            return [setting.key, setting.value] + (effective ? [setting.source] : [])
        }
        return .success
    }
}
