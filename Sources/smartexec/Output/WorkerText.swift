import PostgresStore
import TradingDomain

extension WorkerRow {
    /// Who it is, what it claims and what it holds, for people.
    var words: String {
        let claims = serves.map {
            $0 == ["*"] ? ", claims every account's runs" : ", claims runs of \($0.joined(separator: ", "))"
        }
        let held = runs.isEmpty ? "" : ", works run \(runs.map(\.text).joined(separator: ", "))"
        let books = accounts.isEmpty ? "" : ", holds \(accounts.map(\.text).joined(separator: ", "))"
        return "Worker \(program) on \(host), process \(pid), since \(startedAt), lease until \(leaseUntil)"
            + (claims ?? "") + books + held
    }
}

extension QueueRow {
    /// What waits, for people; nil when nothing does.
    var words: String? {
        guard ready + running + waiting > 0 else { return nil }
        let age = oldestSeconds.map { ", the oldest since \(Int($0)) s" } ?? ""
        let later = postponed > 0 ? ", \(postponed) of them later" : ""
        return "Runs: \(running) being worked, \(ready) ready\(age)\(later), \(waiting) waiting"
    }
}
