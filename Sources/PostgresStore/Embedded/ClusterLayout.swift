import Foundation

/// Where a private cluster keeps its files.
///
/// An ordinary user's data is below the home. Root's is not: the server runs as `postgres`, which cannot enter a
/// folder such as `/root`. The socket folder is short, because a socket's path is limited to 107 bytes.
struct ClusterLayout: Hashable, Sendable {
    let home: String
    let account: ServerAccount
    /// Holds `data`, `data.new` while it is made, and the log; mode 0700.
    let base: String
    let socketFolder: String

    /// The server's socket, named by PostgreSQL.
    var socketFile: String { "\(socketFolder)/.s.PGSQL.\(Self.port)" }
    var data: String { "\(base)/data" }
    var unfinishedData: String { "\(base)/data.new" }
    var logFile: String { "\(base)/postgres.log" }
    var lockFile: String { "\(home)/postgres.lock" }
    /// Tells people and tools where the data and the socket are.
    var pointerFile: String { "\(home)/postgres.json" }

    /// The port only names the socket file; the server listens on no network.
    static let port = 5432
    /// The superuser of the cluster, whichever account runs it.
    static let user = "smartexec"

    init(home: String, account: ServerAccount) {
        let home = Self.canonical(home)
        let hash = Self.hash(home)
        self.home = home
        self.account = account
        base = account.needsSwitch ? Self.canonical("/var/lib/smartexec") + "/\(hash)" : "\(home)/postgres"
        socketFolder = "/tmp/sx-\(hash)"
    }

    /// Returns the URL of one of the cluster's databases.
    func url(database: String) -> String {
        "postgresql://\(Self.user)@/\(database)?host=\(socketFolder)&port=\(Self.port)"
    }

    /// Returns `path` absolute and without symbolic links, also when its last parts do not exist yet.
    static func canonical(_ path: String) -> String {
        var existing = URL(fileURLWithPath: path).standardizedFileURL.path
        var missing: [String] = []
        while existing != "/" {
            if let real = realpath(existing, nil) {
                defer { free(real) }
                existing = String(cString: real)
                break
            }
            missing.append((existing as NSString).lastPathComponent)
            existing = (existing as NSString).deletingLastPathComponent
        }
        return ([existing == "/" ? "" : existing] + missing.reversed()).joined(separator: "/")
    }

    /// Returns 16 hexadecimal digits: FNV-1a of 64 bits, the same on every machine and in every run.
    static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// What the pointer file in the home says.
struct ClusterPointer: Codable, Equatable {
    let account: String
    let data: String
    let log: String
    let socket: String
    let url: String
}
