/// What the program tells its caller when it ends.
enum ExitStatus: Int32, Comparable, Sendable, CaseIterable {
    /// Everything is SUCCESS or HOLD.
    case success = 0
    /// Something was PARTIAL, ABSTAIN, REJECTED or FAILED, or a validator found something.
    case incomplete = 1
    /// The command or a file that it was given is wrong.
    case usage = 2
    /// A risk rule or the kill switch blocked something.
    case blocked = 3
    /// The database or the broker cannot be reached.
    case unavailable = 4

    /// The status for an item's or a run's status text (SX-1); anything unknown counts as incomplete.
    init(itemStatus: String) {
        switch itemStatus {
        case "SUCCESS", "HOLD": self = .success
        case "BLOCKED": self = .blocked
        default: self = .incomplete
        }
    }

    /// The one to report for several: the greatest, so that a block is never hidden behind a failure.
    static func worst(_ statuses: some Sequence<ExitStatus>) -> ExitStatus { statuses.max() ?? .success }

    static func < (left: ExitStatus, right: ExitStatus) -> Bool { left.rawValue < right.rawValue }
}
