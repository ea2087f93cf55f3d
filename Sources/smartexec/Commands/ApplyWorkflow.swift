import ArgumentParser
import Foundation
import Orchestration
import PostgresStore
import TradingDomain
import Workflows
import YAMLNodes

/// `smartexec workflow apply FILE…`: stores definitions and makes their schedules active.
struct ApplyWorkflow: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Store workflows, and make their schedules the active ones.",
        discussion: """
            Every file must be valid and runnable, or nothing is changed. Applying the same again changes nothing. A schedule \
            whose terms changed begins anew: what was due before does not fire. Runs go on by the definition that they were \
            started with. `smartexec serve` starts what is due.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Take the workflows' schedules away; runs go on, and what became of past times stays.")
    var remove = false

    @Argument(help: "Workflow files, or names in the workflows folder.")
    var files: [String]

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        if let account = global.account, loaded.configuration.accounts[account] == nil {
            throw CommandFailure(.usage, "There is no account '\(account)'. Add it under `accounts:`.")
        }
        return remove ? try await removeAll(loaded, console) : try await applyAll(loaded, console)
    }

    private func applyAll(_ loaded: LoadedConfiguration, _ console: Console) async throws -> ExitStatus {
        let loader = WorkflowLoader(loaded, deep: true)
        var bundles: [WorkflowBundle] = []
        var errors: [Diagnostic] = []
        for file in files {
            let result = try loader.compile(file)
            guard let bundle = result.bundle else {
                errors += result.diagnostics
                continue
            }
            if !result.diagnostics.isEmpty { console.note(result.diagnostics.rendered) }
            if let twin = bundles.first(where: { $0.root.name == bundle.root.name }) {
                throw CommandFailure(.usage, "Two of the files are called '\(twin.root.name)'; nothing was changed.")
            }
            bundles.append(bundle)
        }
        guard errors.isEmpty else { throw WorkflowFileError(workflow: files[0], diagnostics: errors) }
        let database = try await Database.open(loaded, console)
        let store = PostgresScheduleStore(pool: database.pool)
        var applied: [WorkflowApplication] = []
        for bundle in bundles {
            let application = try await store.apply(bundle, account: global.account, by: operatorName)
            applied.append(application)
            guard global.output == .table else { continue }
            let former: String? =
                if let hash = application.formerHash, hash != application.definitionHash {
                    try await store.sources(of: hash)[bundle.root.name]
                } else { nil }
            show(application, former: former, bundle.definition.source.text, console)
        }
        let book = try await ScheduleBook.read(database.pool, loaded)
        await database.pool.close()
        if global.output == .json {
            console.print(try Listing.json(applied))
        } else {
            for next in book.next(3) { console.print("Next: \(next.schedule) \(next.time) (\(next.local))") }
        }
        return .success
    }

    private func removeAll(_ loaded: LoadedConfiguration, _ console: Console) async throws -> ExitStatus {
        // A file that is gone or broken is still known by its name.
        let library = WorkflowLoader(loaded)
        let names = files.map { file in
            (try? library.library.named(file)).flatMap { library.compiler.read($0).definition?.name.value } ?? file
        }
        let database = try await Database.open(loaded, console)
        let store = PostgresScheduleStore(pool: database.pool)
        var removed: [WorkflowApplication] = []
        var missing: [String] = []
        for name in names {
            if let application = try await store.remove(workflow: name) {
                removed.append(application)
            } else {
                missing.append(name)
            }
        }
        await database.pool.close()
        if global.output == .json { console.print(try Listing.json(removed)) }
        for application in removed where global.output == .table { show(application, former: nil, "", console) }
        for name in missing { console.warn("\(name) was not applied.") }
        return missing.isEmpty ? .success : .incomplete
    }

    private func show(_ application: WorkflowApplication, former: String?, _ text: String, _ console: Console) {
        let name = application.workflow
        switch (application.definitionHash, application.formerHash) {
        case (let hash?, nil): console.print("\(name): applied, definition \(hash.prefix(12))")
        case (let hash?, let former?) where hash == former:
            console.print("\(name): unchanged, definition \(hash.prefix(12))")
        case (let hash?, let former?):
            console.print("\(name): changed, definition \(former.prefix(12)) → \(hash.prefix(12))")
        case (nil, _): console.print("\(name): removed")
        }
        if let former {
            for line in Self.difference(former, text) { console.print("    \(line)") }
        }
        if application.schedules.isEmpty { console.print("  no schedule: it runs when somebody starts it") }
        for change in application.schedules {
            var words = "  \(change.schedule.id): \(change.kind.rawValue)"
            if let terms = change.terms { words += ", \(terms)" }
            if let terms = change.formerTerms { words += " (was \(terms))" }
            if change.isPaused { words += "; it stays paused" }
            console.print(words)
        }
    }

    /// Lines that went (`-`) and came (`+`), in order; long changes are cut.
    private static func difference(_ former: String, _ text: String) -> [String] {
        let (old, new) = (former.split(separator: "\n"), text.split(separator: "\n"))
        let changes = new.difference(from: old)
        var lines: [(place: Int, order: Int, line: String)] = []
        for change in changes {
            switch change {
            case .remove(let offset, let line, _): lines.append((offset, 0, "- \(line)"))
            case .insert(let offset, let line, _): lines.append((offset, 1, "+ \(line)"))
            }
        }
        lines.sort { ($0.place, $0.order) < ($1.place, $1.order) }
        let most = 40
        let shown = lines.prefix(most).map(\.line)
        return lines.count > most ? shown + ["… and \(lines.count - most) lines more"] : shown
    }
}
