import ArgumentParser
import Foundation
import Workflows
import YAMLNodes

/// `smartexec workflow`: check, apply, draw, explain and begin workflow files.
struct WorkflowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow",
        abstract: "Check workflow files, apply their schedules, draw and explain them, and begin new ones.",
        subcommands: [
            ValidateWorkflow.self, ApplyWorkflow.self, GraphWorkflow.self, NextWorkflow.self, SchemaWorkflow.self,
            InitWorkflow.self, ExplainStep.self,
        ]
    )
}

/// `smartexec workflow validate FILE…`: silent and 0 when all is well.
struct ValidateWorkflow: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check files; every finding at once, nothing when all is well.",
        discussion: "Exit code 0 when all is well, 1 for findings, 2 when a file cannot be read."
    )

    var formats: [OutputFormat] { [.table, .json, .sarif] }

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Also look for the agents, models, watchlists and files that are named.")
    var deep = false

    @Argument(help: "Workflow files, or names in the workflows folder.")
    var files: [String]

    private struct Finding: Encodable {
        let place: String
        let file: String
        let line: Int
        let column: Int
        /// Behind the last character, in the same line.
        let endColumn: Int
        let severity: String
        let rule: String
        let message: String
        let help: String?

        init(_ diagnostic: Diagnostic) {
            let range = diagnostic.range
            place = range.place
            file = range.file.name
            line = range.line
            column = range.column
            endColumn = diagnostic.endColumn
            severity = diagnostic.severity.rawValue
            rule = diagnostic.rule
            message = diagnostic.message
            help = diagnostic.help
        }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loader = WorkflowLoader(try global.load(console), deep: deep)
        var findings: [Diagnostic] = []
        for file in files {
            findings += try loader.compile(file).diagnostics
        }
        switch global.output {
        case .json: console.print(try Listing.json(findings.map(Finding.init)))
        case .sarif:
            let version = Smartexec.configuration.version
            console.print(StaticAnalysisResults(findings: findings, version: version).text)
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

    @Flag(help: "As a Graphviz graph.")
    var dot = false

    @Argument(help: "A workflow file, or its name.")
    var file: String

    func perform(_ console: Console) async throws -> ExitStatus {
        guard !mermaid || !dot else { throw CommandFailure(.usage, "--mermaid and --dot are two forms; give one.") }
        let graph = WorkflowGraph(try WorkflowLoader(try global.load(console)).bundle(file).root)
        console.print(mermaid ? graph.mermaid : dot ? graph.dot : graph.text)
        return .success
    }
}
