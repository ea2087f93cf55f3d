import Foundation
import MarketData
import Orchestration
import TradingDomain
import Workflows

extension WorkflowSurroundings {
    /// What files may name under a configuration: pools, calendars and zones; with `deep` also agents, models, watchlists,
    /// accounts, channels and files.
    ///
    /// Before a run the channels are known too, since nobody looks when it speaks.
    init(_ loaded: LoadedConfiguration, deep: Bool = false, running: Bool = false) {
        self.init()
        let configuration = loaded.configuration
        pools = configuration.pools.keys.sorted()
        calendars = TradingCalendar.names
        sessionLength = Self.usualSession
        isZone = { ZoneClock.isKnown($0) }
        if deep || running {
            channels = configuration.notifications.channels.keys.sorted()
            // Which account a run gets is not the file's to say; the step itself holds it against the account's own.
            limits = Set(["default"] + configuration.accounts.values.flatMap(\.limitSets.keys)).sorted()
        }
        guard deep else { return }
        agents = configuration.agents.keys.sorted()
        models = configuration.models.keys.sorted()
        watchlists = Watchlists.all().keys.sorted()
        accounts = configuration.accounts.keys.sorted()
        isFile = { FileManager.default.isReadableFile(atPath: $0) }
    }

    /// The longest of ten sessions, since a half day is not what a file is written for.
    private static func usualSession(of calendar: String) -> Duration? {
        // A calendar without these years has no usual length to go by.
        guard let calendar = try? TradingCalendar.named(calendar),
            let date = CalendarDate(year: 2026, month: 1, day: 2),
            let length = (try? calendar.sessions(before: date, count: 10))?.map(\.length).max()
        else { return nil }
        return length < .seconds(86_400) ? length : nil
    }
}

/// Compiles a file as a person named it, with its children beside it.
struct WorkflowLoader {
    let library: WorkflowFiles
    let compiler: WorkflowCompiler

    init(_ loaded: LoadedConfiguration, deep: Bool = false, running: Bool = false) {
        library = WorkflowFiles(directory: loaded.configuration.workflows.directory)
        compiler = WorkflowCompiler(
            registry: StepCatalog.standard.registry,
            surroundings: WorkflowSurroundings(loaded, deep: deep, running: running)
        )
    }

    /// - Throws: ``CommandFailure`` when there is no such file.
    func compile(_ file: String) throws -> WorkflowCompiler.Result {
        let source = try library.named(file)
        return compiler.compile(source, resolver: library.resolver(beside: source))
    }

    /// The bundle of a file that must be valid.
    ///
    /// - Throws: `WorkflowFileError` with what is wrong.
    func bundle(_ file: String) throws -> WorkflowBundle {
        let result = try compile(file)
        guard let bundle = result.bundle else {
            throw WorkflowFileError(workflow: file, diagnostics: result.diagnostics)
        }
        return bundle
    }
}
