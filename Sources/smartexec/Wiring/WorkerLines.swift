import Foundation
import Orchestration
import TradingAgents
import TradingDomain
import Workflows

/// What a worker does, one line an event: words for people, JSON for programs.
struct WorkerLines: Sendable {
    private struct Line: Encodable {
        let event: String
        var run: RunID?
        var workflow: String?
        var account: AccountID?
        var status: String?
        var reason: String?
        var runs: [RunID]?
        var retryInSeconds: Double?
    }

    let console: Console
    let format: OutputFormat

    func tell(_ event: Worker.Event) {
        guard format == .json else { return console.note(Self.words(event)) }
        // What cannot be written as JSON cannot be reported either.
        guard let text = try? Listing.line(Self.line(event)) else { return }
        console.print(text)
    }

    func tell(_ event: ErrandRunner.Event) {
        let (name, words, errand) = Self.parts(event)
        guard format == .json else { return console.note(words) }
        let line = Line(event: name, run: errand?.origin.run, account: errand?.origin.account, reason: words)
        // What cannot be written as JSON cannot be reported either.
        guard let text = try? Listing.line(line) else { return }
        console.print(text)
    }

    static func parts(_ event: ErrandRunner.Event) -> (name: String, words: String, errand: AgentErrand?) {
        func about(_ errand: AgentErrand) -> String {
            "Run \(errand.origin.run): agent \(errand.agent) for \(errand.origin.path)"
        }
        return switch event {
        case .asks(let errand): ("asks_agent", "\(about(errand)): asked here for another worker", errand)
        case .answered(let errand): ("answered", "\(about(errand)): answered", errand)
        case .calledOff(let errand): ("called_off", "\(about(errand)): not wanted any more", errand)
        case .gaveBack(let errand, let reason): ("gave_back", "\(about(errand)): left to others: \(reason)", errand)
        case .trouble(let reason): ("trouble", "Trouble: \(reason)", nil)
        }
    }

    static func words(_ event: Worker.Event) -> String {
        switch event {
        case .claimed(let run, let workflow, let account): "Run \(run): \(workflow) on account \(account), claimed"
        case .ended(let run, let status): "Run \(run): \(status.rawValue)"
        case .handedOver(let run): "Run \(run): handed over"
        case .putBack(let run, let reason, let wait):
            "Run \(run): put back for \(Int(wait / .seconds(1))) s: \(reason)"
        case .failed(let run, let reason): "Run \(run): FAILED: \(reason)"
        case .lost(let run): "Run \(run): another worker has it"
        case .asks(let run): "Run \(run): waits for approval: smartexec approvals show \(run)"
        case .freed(let runs): "Ready again after their worker died: \(runs.map(\.text).joined(separator: ", "))"
        case .trouble(let reason): "Trouble: \(reason)"
        }
    }

    private static func line(_ event: Worker.Event) -> Line {
        switch event {
        case .claimed(let run, let workflow, let account):
            Line(event: "claimed", run: run, workflow: workflow, account: account)
        case .ended(let run, let status): Line(event: "ended", run: run, status: status.rawValue)
        case .handedOver(let run): Line(event: "handed_over", run: run)
        case .putBack(let run, let reason, let wait):
            Line(event: "put_back", run: run, reason: reason, retryInSeconds: wait / .seconds(1))
        case .failed(let run, let reason): Line(event: "failed", run: run, status: "FAILED", reason: reason)
        case .lost(let run): Line(event: "lost", run: run)
        case .asks(let run): Line(event: "waits_for_approval", run: run)
        case .freed(let runs): Line(event: "freed", runs: runs)
        case .trouble(let reason): Line(event: "trouble", reason: reason)
        }
    }
}
