import Foundation

/// The account of the operating system that a private cluster runs as.
struct ServerAccount: Hashable, Sendable {
    let name: String
    let user: uid_t
    let group: gid_t
    /// Whether programs of the cluster are started through a tool that changes the account, because we are root.
    let needsSwitch: Bool

    /// Returns `postgres` for root, which PostgreSQL refuses to run as, and the current account otherwise.
    ///
    /// - Throws: ``EmbeddedClusterError/accountMissing(name:)`` when root finds no account `postgres`.
    static func current() throws(EmbeddedClusterError) -> ServerAccount {
        guard geteuid() == 0 else {
            let entry = getpwuid(geteuid())
            let name = entry.map { String(cString: $0.pointee.pw_name) } ?? String(geteuid())
            return ServerAccount(name: name, user: geteuid(), group: getegid(), needsSwitch: false)
        }
        guard let entry = getpwnam("postgres") else { throw .accountMissing(name: "postgres") }
        return ServerAccount(
            name: "postgres",
            user: entry.pointee.pw_uid,
            group: entry.pointee.pw_gid,
            needsSwitch: true
        )
    }

    /// Returns `command` such that it runs as this account.
    ///
    /// - Throws: ``EmbeddedClusterError/accountSwitchMissing`` when none of the tools is installed.
    func command(_ command: [String]) throws(EmbeddedClusterError) -> [String] {
        guard needsSwitch else { return command }
        for (tool, folders) in [
            ("setpriv", ["/usr/bin", "/bin"]), ("runuser", ["/usr/sbin", "/sbin"]),
            ("su", ["/usr/bin", "/bin"]),
        ] {
            for folder in folders where access("\(folder)/\(tool)", X_OK) == 0 {
                return wrapped(command, tool: tool, path: "\(folder)/\(tool)")
            }
        }
        throw .accountSwitchMissing
    }

    /// Returns `command` behind one of the tools `setpriv`, `runuser` and `su`.
    func wrapped(_ command: [String], tool: String, path: String) -> [String] {
        switch tool {
        case "setpriv":
            [path, "--reuid=\(user)", "--regid=\(group)", "--init-groups", "--inh-caps=-all", "--"] + command
        case "runuser":
            [path, "-u", name, "--"] + command
        default:
            // su hands a string to a shell: the words travel as its arguments, so nothing needs quoting.
            [path, "-s", "/bin/sh", "-c", #"exec "$@""#, "--", name, "sh"] + command
        }
    }
}
