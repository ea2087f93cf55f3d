import Foundation
import Glibc
import Synchronization

/// Network namespaces of a test: machines of their own as far as the network can tell.
struct NetworkSpace {
    /// Why none can be made here; `nil` where they can.
    static var obstacle: String? {
        if geteuid() != 0 { return "only root may make network namespaces" }
        let folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        return folders.contains { folder in access("\(folder)/ip", X_OK) == 0 } ? nil : "there is no `ip` (iproute2)"
    }

    /// The thread's move into the namespace of an open file: `setns(2)` for networks, which Glibc's module leaves out.
    private static func enter(_ file: Int32) -> Int32 {
        let networks: Int32 = 0x4000_0000
        guard let symbol = dlsym(nil, "setns") else { return -1 }
        return unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)(file, networks)
    }

    let name: String

    /// Makes a namespace with a loopback interface.
    init(_ word: String) async throws {
        name = "sx\(getpid())\(word)"
        try await Shell.run("ip netns add \(name); ip -n \(name) link set lo up")
    }

    /// Lays a cable to another one: interface `sx0` here, with `address`.2, and `word` there, with `address`.1.
    func connect(to hub: NetworkSpace, as word: String, _ address: String) async throws {
        try await Shell.run(
            """
            ip link add sx0 netns \(name) type veth peer name \(word) netns \(hub.name)
            ip -n \(name) addr add \(address).2/24 dev sx0
            ip -n \(name) link set sx0 up
            ip -n \(hub.name) addr add \(address).1/24 dev \(word)
            ip -n \(hub.name) link set \(word) up
            """
        )
    }

    /// Pulls or plugs in a cable of this hub: packets are lost without a word meanwhile.
    func set(_ word: String, isUp: Bool) async throws {
        try await Shell.run("ip -n \(name) link set \(word) \(isUp ? "up" : "down")")
    }

    func remove() async throws { try await Shell.run("ip netns delete \(name)") }

    /// Runs `body` on a thread of its own in the namespace named `space`; here when that is `nil`.
    ///
    /// What it opens stays in there.
    static func inside<T: Sendable>(_ space: String?, _ body: @escaping @Sendable () throws -> T) throws -> T {
        guard let space else { return try body() }
        let outcome = Mutex<Result<T, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let made = Result { () throws -> T in
                let file = open("/run/netns/\(space)", O_RDONLY | O_CLOEXEC)
                guard file >= 0, enter(file) == 0 else {
                    throw Shell.Failure(problem: "\(space): \(String(cString: strerror(errno)))")
                }
                close(file)
                return try body()
            }
            outcome.withLock { $0 = made }
            done.signal()
        }
        thread.start()
        done.wait()
        guard let made = outcome.withLock({ $0 }) else { throw Shell.Failure(problem: "\(space): nothing came") }
        return try made.get()
    }
}
