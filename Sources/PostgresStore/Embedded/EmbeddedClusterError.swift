/// Why the private PostgreSQL cluster could not be found, made, started or stopped.
public enum EmbeddedClusterError: Error, Hashable, Sendable {
    /// No PostgreSQL server is installed where we look.
    case notInstalled(searched: [String])
    /// The folder named by the user does not hold a working server.
    case programsMissing(folder: String, missing: [String])
    /// The data folder was made by another major version, and no installed server has that one.
    case wrongVersion(dataFolder: String, data: String, installed: [Int])
    /// A folder or file cannot be made or written.
    case notWritable(path: String, problem: String)
    /// The disk is full.
    case noSpace(path: String, log: String)
    /// The data folder holds something that is not a cluster.
    case invalidDataFolder(path: String)
    /// The data folder's owner or mode is not what the server demands; `cure` is the command that corrects it.
    case dataFolderUnsafe(path: String, problem: String, cure: String)
    /// The data folder's path holds what PostgreSQL's own tools cannot take.
    case pathUnusable(path: String)
    /// `initdb` failed.
    case initFailed(path: String, log: String)
    /// The server did not start.
    case startFailed(logFile: String, log: String)
    /// The server is still starting, most likely recovering from a crash.
    case startTimedOut(seconds: Int, logFile: String, log: String)
    /// The server ended or stopped answering while a program worked with it.
    case serverGone(logFile: String, log: String)
    /// The server did not stop.
    case stopFailed(logFile: String, log: String)
    /// Another program holds the cluster's lock for too long.
    case lockTimedOut(path: String, seconds: Int)
    /// The socket folder exists, and is not ours alone.
    case socketFolderTaken(path: String, problem: String)
    /// We are root, and there is no account to run the server as.
    case accountMissing(name: String)
    /// We are root, and no tool to change the account is installed.
    case accountSwitchMissing
    /// The home's cluster belongs to another account.
    case otherAccount(home: String, owner: String, account: String)
    /// Processes of a server that died are still at work on the data.
    case processesLeft(dataFolder: String, processes: [Int32])
    /// A name that we do not accept for a database.
    case invalidDatabaseName(String)
    /// A helper program could not be run.
    case programFailed(program: String, problem: String)
    /// The server runs, and refuses what we ask.
    case database(PostgresError)
}

extension EmbeddedClusterError: CustomStringConvertible {
    /// A stable name of the case, for rows and metrics.
    public var code: String {
        switch self {
        case .notInstalled: "postgres_not_installed"
        case .programsMissing: "postgres_programs_missing"
        case .wrongVersion: "postgres_wrong_version"
        case .notWritable: "postgres_folder_not_writable"
        case .noSpace: "postgres_no_space"
        case .invalidDataFolder: "postgres_invalid_data_folder"
        case .dataFolderUnsafe: "postgres_data_folder_unsafe"
        case .pathUnusable: "postgres_path_unusable"
        case .initFailed: "postgres_init_failed"
        case .startFailed: "postgres_start_failed"
        case .startTimedOut: "postgres_start_timed_out"
        case .serverGone: "postgres_server_gone"
        case .stopFailed: "postgres_stop_failed"
        case .lockTimedOut: "postgres_lock_timed_out"
        case .socketFolderTaken: "postgres_socket_folder_taken"
        case .accountMissing: "postgres_account_missing"
        case .accountSwitchMissing: "postgres_account_switch_missing"
        case .otherAccount: "postgres_other_account"
        case .processesLeft: "postgres_processes_left"
        case .invalidDatabaseName: "postgres_database_name"
        case .programFailed: "postgres_program_failed"
        case .database: "postgres_refused"
        }
    }

    public var description: String {
        switch self {
        case .notInstalled(let searched):
            "No PostgreSQL server is installed (looked in \(searched.joined(separator: ", "))). "
                + "Run scripts/setup or `apt-get install postgresql`, name its programs' folder in SMARTEXEC_PG_BIN, "
                + "or set SMARTEXEC_DATABASE_URL to a server of yours."
        case .programsMissing(let folder, let missing):
            "SMARTEXEC_PG_BIN names \(folder), which "
                + (missing.isEmpty ? "has a postgres that does not run" : "lacks \(missing.joined(separator: ", "))")
                + ". Name the folder that holds initdb, pg_ctl and postgres, or unset it to search for one."
        case .wrongVersion(let folder, let data, let installed):
            "The database in \(folder) was made by PostgreSQL \(data), and the installed server is PostgreSQL "
                + "\(installed.map(String.init).joined(separator: " and ")). Install PostgreSQL \(data) beside it "
                + "(`apt-get install postgresql-\(data)`), move the data over with pg_upgrade, "
                + "or use another SMARTEXEC_HOME for an empty database."
        case .notWritable(let path, let problem):
            "\(path) cannot be written: \(problem). Correct its permissions, or set SMARTEXEC_HOME to another folder."
        case .noSpace(let path, let log):
            "The database has no space left. Free space on the device of \(path) and run this again; "
                + "nothing that was committed is lost.\(Self.tail(log))"
        case .invalidDataFolder(let path):
            "\(path) is not empty and holds no PostgreSQL database. Move it away, or use another SMARTEXEC_HOME."
        case .dataFolderUnsafe(let path, let problem, let cure):
            "The database in \(path) cannot be opened: \(problem). If it is yours, run `\(cure)` and try again."
        case .pathUnusable(let path):
            "PostgreSQL cannot be started on the path \(path): it holds a quotation mark, a dollar sign, a backtick, a "
                + "backslash or a line break. Set SMARTEXEC_HOME to another folder."
        case .initFailed(let path, let log):
            "The database in \(path) could not be made.\(Self.tail(log))"
        case .startFailed(let logFile, let log):
            "The private PostgreSQL did not start. Its log is \(logFile).\(Self.tail(log))"
        case .startTimedOut(let seconds, let logFile, let log):
            "The private PostgreSQL is not ready after \(seconds) s; it may still recover from an unclean stop. "
                + "Run this again in a while, and watch \(logFile).\(Self.tail(log))"
        case .serverGone(let logFile, let log):
            "The private PostgreSQL has gone away; the next command starts it again. Its log is \(logFile)."
                + Self.tail(log)
        case .stopFailed(let logFile, let log):
            "The private PostgreSQL did not stop. Its log is \(logFile).\(Self.tail(log))"
        case .lockTimedOut(let path, let seconds):
            "Another program has been starting or stopping this PostgreSQL for \(seconds) s (lock \(path)). "
                + "See whether it hangs, end it, and run this again."
        case .socketFolderTaken(let path, let problem):
            "The socket folder \(path) cannot be used: \(problem). Remove it, or use another SMARTEXEC_HOME."
        case .accountMissing(let name):
            "PostgreSQL does not run as root, and there is no account \(name) to run it as. Run scripts/setup or "
                + "`apt-get install postgresql`, or run this as an ordinary user."
        case .accountSwitchMissing:
            "PostgreSQL does not run as root, and none of setpriv, runuser and su is installed to change the account. "
                + "Install util-linux, or run this as an ordinary user."
        case .otherAccount(let home, let owner, let account):
            "The database of \(home) belongs to account \(owner), and this program would run it as \(account). "
                + "Run it as before, or set SMARTEXEC_HOME to another folder."
        case .processesLeft(let folder, let processes):
            "The server of \(folder) has died, and its processes \(processes.map(String.init).joined(separator: ", ")) "
                + "still work on the data. Wait for them or end them, then run this again."
        case .invalidDatabaseName(let name):
            "\"\(name)\" is no name for a database here: use 1 to 63 of a-z, 0-9 and _, beginning with a letter."
        case .programFailed(let program, let problem):
            "\(program) could not be run: \(problem)."
        case .database(let error):
            "The private PostgreSQL runs, but: \(error.description)"
        }
    }

    private static func tail(_ log: String) -> String {
        log.isEmpty ? "" : "\n" + log.split(whereSeparator: \.isNewline).map { "  | \($0)" }.joined(separator: "\n")
    }
}
