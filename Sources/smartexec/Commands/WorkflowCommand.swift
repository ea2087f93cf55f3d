import ArgumentParser
import Orchestration
import Workflows
import YAMLNodes

/// `smartexec workflow`: validate, graph.
struct WorkflowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow",
        abstract: "Check workflow files and draw them.",
        subcommands: [ValidateWorkflow.self, GraphWorkflow.self]
    )
}

/// `smartexec workflow validate FILE…`: silent and 0 when all is well.
struct ValidateWorkflow: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check files; every finding at once, nothing when all is well."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Workflow files, or names in the workflows folder.")
    var files: [String]

    private struct Finding: Encodable {
        let place: String
        let severity: String
        let rule: String
        let message: String
        let help: String?
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let library = WorkflowFiles(directory: loaded.configuration.workflows.directory)
        var findings: [Diagnostic] = []
        for file in files {
            let source = try library.named(file)
            findings +=
                WorkflowCompiler(registry: StepCatalog.standard.registry)
                .compile(source, resolver: library.resolver(beside: source)).diagnostics
        }
        switch global.output {
        case .json:
            console.print(
                try Listing.json(
                    findings.map {
                        Finding(
                            place: $0.range.place,
                            severity: $0.severity.rawValue,
                            rule: $0.rule,
                            message: $0.message,
                            help: $0.help
                        )
                    }
                )
            )
        case .table, .html: if !findings.isEmpty { console.print(findings.rendered) }
        }
        return findings.isEmpty ? .success : .incomplete
    }
}

/// `smartexec workflow graph FILE`.
struct GraphWorkflow: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "graph", abstract: "Draw a workflow's steps.")

    @OptionGroup var global: GlobalOptions

    @Flag(help: "As a Mermaid diagram.")
    var mermaid = false

    @Argument(help: "A workflow file, or its name.")
    var file: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let library = WorkflowFiles(directory: loaded.configuration.workflows.directory)
        let source = try library.named(file)
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(source, resolver: library.resolver(beside: source))
        guard let bundle = result.bundle else {
            throw WorkflowFileError(workflow: source.name, diagnostics: result.diagnostics)
        }
        let graph = WorkflowGraph(bundle.root)
        console.print(mermaid ? graph.mermaid : graph.text)
        return .success
    }
}
