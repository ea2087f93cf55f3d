import ArgumentParser
import Foundation
import PostgresStore

/// `smartexec db`: the private PostgreSQL.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Start, stop or open the database.",
        subcommands: [
            StartDatabase.self, StopDatabase.self, ShowDatabase.self, MigrateDatabase.self, OpenDatabase.self,
        ],
        defaultSubcommand: ShowDatabase.self
    )
}

/// `smartexec db start`.
struct StartDatabase: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start the private PostgreSQL.")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let cluster = try Database.makeCluster(try global.load(console))
        console.print(try await cluster.start())
        return .success
    }
}

/// `smartexec db stop`.
struct StopDatabase: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "Stop the private PostgreSQL.")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let stopped = try await Database.makeCluster(try global.load(console)).stop()
        console.print(stopped ? "Stopped." : "It was not running.")
        return .success
    }
}

/// `smartexec db status`.
struct ShowDatabase: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Show where the database is.")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        if let url = loaded.configuration.database.url {
            console.print("Configured: \(Secrets.masked(url))")
            return .success
        }
        let status = await (try Database.makeCluster(loaded)).status()
        console.print("Private PostgreSQL: \(status.state.rawValue)")
        console.print("  URL     \(status.url)")
        console.print("  data    \(status.dataFolder)")
        console.print("  socket  \(status.socketFolder)")
        console.print("  log     \(status.logFile)")
        return .success
    }
}

/// `smartexec db migrate`.
struct MigrateDatabase: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "migrate", abstract: "Bring the tables up to date.")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        _ = try await database.pool.withConnection { connection in try await Partitions.makeAhead(on: connection) }
        await database.pool.close()
        console.print("The tables are up to date.")
        return .success
    }
}

/// `smartexec db psql`.
struct OpenDatabase: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "psql",
        abstract: "Open psql on the database.",
        discussion: "Arguments after -- go to psql: smartexec db psql -- -c 'SELECT count(*) FROM fills'"
    )

    @OptionGroup var global: GlobalOptions

    @Argument(parsing: .postTerminator, help: "Arguments for psql.")
    var arguments: [String] = []

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        await database.pool.close()
        let words = ["psql", database.url] + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        execvp("psql", &pointers)
        throw CommandFailure(
            .unavailable,
            "psql is not installed. Install postgresql-client, or connect with another client."
        )
    }
}
