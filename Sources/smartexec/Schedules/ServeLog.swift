import Foundation
import Orchestration
import Synchronization
import TradingAgents
import TradingDomain

/// What `serve` says while it goes on: one line for each event, for people or as JSON for programs.
final class ServeLog: Sendable {
    private let console: Console
    private let format: OutputFormat
    /// What was said last of what comes next, and of what is wrong: said again only when it changes.
    private let said = Mutex<(next: String?, trouble: String?, hasBegun: Bool)>((nil, nil, false))

    init(_ console: Console, _ format: OutputFormat) {
        self.console = console
        self.format = format
    }

    /// An event; absent fields are left out of its JSON.
    private struct Line: Encodable {
        let at: Timestamp
        let event: String
        let text: String
        var schedule: ScheduleKey?
        var tick: ScheduleTick?
        var next: Scheduler.Next?
    }

    /// Something that concerns no schedule.
    func say(_ event: String, _ text: String) { write(Line(at: now, event: event, text: text)) }

    /// What the scheduler tells.
    func take(_ event: Scheduler.Event) {
        switch event {
        case .ticked(let key, let tick):
            write(Line(at: now, event: tick.outcome.rawValue, text: "\(key) \(tick.words)", schedule: key, tick: tick))
        case .broken(let key, let why):
            write(Line(at: now, event: "broken", text: "\(key) does not fire: \(why)", schedule: key))
        case .waitsForClock(let key, let until):
            let text = "\(key) waits until \(until): the database's clock went back behind times that were dealt with"
            write(Line(at: now, event: "waits_for_clock", text: text, schedule: key))
        }
    }

    /// What the worker of this process tells.
    func take(_ event: Worker.Event) {
        guard format == .json else { return console.print("\(now)  \(WorkerLines.words(event))") }
        WorkerLines(console: console, format: format).tell(event)
    }

    /// What this process does for runs of other workers.
    func take(_ event: ErrandRunner.Event) {
        guard format == .json else { return console.print("\(now)  \(WorkerLines.parts(event).words)") }
        WorkerLines(console: console, format: format).tell(event)
    }

    /// What comes next, when that is news: a few times at first, then the soonest.
    func take(_ look: Scheduler.Look) {
        let soonest = look.next.first.map { "\($0.schedule) \($0.time)" }
        let (isNews, isFirst) = said.withLock { said in
            defer { said = (soonest, nil, true) }
            return (said.trouble != nil || said.next != soonest, !said.hasBegun)
        }
        guard isNews else { return }
        for next in look.next.prefix(isFirst ? 5 : 1) {
            let text = "next: \(next.schedule) at \(next.time) (\(next.local))"
            write(Line(at: now, event: "next", text: text, schedule: next.schedule, next: next))
        }
    }

    /// What is in the way, said once until it changes.
    func take(_ trouble: any Error) {
        let text = "\(trouble)"
        let isNews = said.withLock { said in
            defer { said.trouble = text }
            return said.trouble != text
        }
        if isNews { say("trouble", text) }
    }

    private var now: Timestamp {
        let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
        return Timestamp(nanoseconds: milliseconds * 1_000_000)
    }

    private func write(_ line: Line) {
        guard format == .json else { return console.print("\(line.at)  \(line.text)") }
        // A line of texts and numbers is always JSON.
        if let text = try? Listing.line(line) { console.print(text) }
    }
}
