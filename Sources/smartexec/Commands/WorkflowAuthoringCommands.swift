import ArgumentParser
import Foundation
import Orchestration
import Workflows
import YAMLNodes

/// `smartexec workflow schema`.
struct SchemaWorkflow: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema (draft-07) of workflow files, for editors."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        console.print(WorkflowSchema(registry: StepCatalog.standard.registry).text)
        return .success
    }
}

/// `smartexec workflow init FILE`.
struct InitWorkflow: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Begin a workflow: a small file that is valid, and the schema beside it for editors.",
        discussion: "The schema goes to .smartexec/workflow.schema.json beside the file, anew each time."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The new file, such as workflows/my-list.yaml.")
    var file: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let url = URL(filePath: file.hasSuffix(".yaml") ? file : "\(file).yaml")
        let name = url.deletingPathExtension().lastPathComponent
        let text = Self.text(name)
        let check = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(SourceFile(name: url.lastPathComponent, text: text), resolver: { _ in nil })
        guard !check.hasErrors else {
            throw CommandFailure(
                .usage,
                "'\(name)' is no name for a workflow: lower-case letters and digits in words joined by -."
            )
        }
        guard !FileManager.default.fileExists(atPath: url.path) else {
            throw CommandFailure(
                .usage,
                "\(url.relativePath) is there already; nothing was written. Give another name."
            )
        }
        let folder = url.deletingLastPathComponent().appending(path: ".smartexec")
        let schema = folder.appending(path: "workflow.schema.json")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let registry = StepCatalog.standard.registry
            try Data((WorkflowSchema(registry: registry).text + "\n").utf8).write(to: schema, options: .atomic)
            try Data(text.utf8).write(to: url, options: .withoutOverwriting)
        } catch {
            throw CommandFailure(.usage, "\(url.relativePath) cannot be written: \(error.localizedDescription)")
        }
        console.print("Wrote \(url.relativePath) and \(schema.relativePath).")
        console.note("Check it: smartexec workflow validate \(url.relativePath)")
        return .success
    }

    static func text(_ name: String) -> String {
        """
        # yaml-language-server: $schema=./.smartexec/workflow.schema.json
        format: 1
        workflow: \(name)
        description: "One ticker: decide, size, check, execute."

        inputs:
          ticker: { type: ticker }

        steps:
          - id: book
            uses: portfolio.snapshot

          - id: decide
            uses: agent.decide
            timeout: 2m
            with:
              ticker: ${{ inputs.ticker }}
              holdings: ${{ steps.book.positions }}

          - id: hold
            uses: flow.finish
            if: steps.decide.decision.action == "HOLD"
            with:
              note: the agent holds
              status: HOLD

          - id: size
            uses: portfolio.size
            with:
              decisions: ${{ [steps.decide.decision] }}
              book: ${{ steps.book }}

          - id: check               # the only way to an ApprovedOrder
            uses: risk.check
            with:
              orders: ${{ steps.size.orders }}

          - id: work
            foreach: steps.check.approved
            as: order
            key: order.id
            steps:
              - id: send
                uses: execute.route
                with:
                  order: ${{ order }}
            collect: steps.send.fills

        """
    }
}

/// `smartexec workflow explain STEP.TYPE`.
struct ExplainStep: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "What a step type takes, gives and does; without one, all of them."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("Such as risk.check.", valueName: "step.type"))
    var type: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        let registry = StepCatalog.standard.registry
        let names = registry.signatures.keys.sorted()
        guard let type else {
            let all = names.compactMap { registry[$0] }.map { StepExplanation($0, types: registry.types) }
            try Listing(console: console, format: global.output).show(
                all,
                empty: "No step types.",
                [.text("Step type"), .text("Effect"), .prose("What it does")]
            ) { row in
                [all[row].name, all[row].effect, all[row].doc]
            }
            return .success
        }
        guard let signature = registry[type] else {
            let question = Suggestion.question(for: type, in: names).map { " \($0)" } ?? ""
            throw CommandFailure(
                .usage,
                "No step type is called '\(type)'.\(question) `smartexec workflow explain` lists them all."
            )
        }
        let explained = StepExplanation(signature, types: registry.types)
        switch global.output {
        case .json: console.print(try Listing.json(explained))
        case .table, .html, .sarif: console.print(explained.text)
        }
        return .success
    }
}
