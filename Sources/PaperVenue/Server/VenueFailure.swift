/// Why a venue cannot start or go on.
public enum VenueFailure: Error, Hashable, CustomStringConvertible {
    case portTaken(port: Int)
    case cannotListen(port: Int, reason: String)
    case stateInUse(folder: String)
    case cannotWrite(path: String, reason: String)
    case damagedLog(path: String, line: Int, reason: String)

    /// Stable name for programs.
    public var code: String {
        switch self {
        case .portTaken: "port_taken"
        case .cannotListen: "cannot_listen"
        case .stateInUse: "state_in_use"
        case .cannotWrite: "cannot_write"
        case .damagedLog: "damaged_log"
        }
    }

    public var description: String {
        switch self {
        case .portTaken(let port):
            "Port \(port) is taken by another program. Give another with --port, or --port 0 for any that is free."
        case .cannotListen(let port, let reason): "The venue cannot listen on port \(port): \(reason)."
        case .stateInUse(let folder):
            "Another venue works with the state in \(folder). Stop it, or give this one a folder of its own with --state."
        case .cannotWrite(let path, let reason):
            "\(path) cannot be written: \(reason). Give another folder with --state, or make room."
        case .damagedLog(let path, let line, let reason):
            "\(path) is damaged in line \(line): \(reason). Restore the file, or begin anew with another --state folder."
        }
    }
}
