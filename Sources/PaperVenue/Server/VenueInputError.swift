/// Why what a venue was asked to begin with makes no sense.
public enum VenueInputError: Error, Hashable, CustomStringConvertible {
    case unreadable(path: String)
    /// Findings in a file, as people read them.
    case findings(String)
    case notRecorded(symbols: String, title: String, recorded: String)

    /// Stable name for programs.
    public var code: String {
        switch self {
        case .unreadable: "file_not_readable"
        case .findings: "file_has_errors"
        case .notRecorded: "symbol_not_recorded"
        }
    }

    public var description: String {
        switch self {
        case .unreadable(let path): "\(path) cannot be read. Check the path and its permissions."
        case .findings(let text): text
        case .notRecorded(let symbols, let title, let recorded):
            "\(title) has none of the venue's symbols (\(symbols)); it has \(recorded). List one of them under `symbols` in "
                + "the venue's --config, or give other --data."
        }
    }
}
