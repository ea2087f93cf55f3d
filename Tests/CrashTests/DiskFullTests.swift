import Foundation
import PostgresStore
import Testing
import TradingTestKit

@Suite("The database's disk is full", .serialized)
struct DiskFullTests {
    @Test(
        "A run stops with exit 4, says where space is needed, and goes on once there is some",
        arguments: FullDisk.ways
    )
    func full(_ way: FullDisk.Way) async throws {
        let variables = ["SMARTEXEC__DATABASE__RETRY_FOR": "15s"]
        let tools = NSTemporaryDirectory() + "smartexec-full-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        let home = try Home(variables.merging(FullDisk.variables(way, tools)) { $1 })
        var disk: FullDisk?
        do {
            let made = try await FullDisk(way, tools, home)
            disk = made
            try await self.run(home, made)
        } catch {
            try await disk?.free()
            _ = try await home.run("db stop")
            try await disk?.remove()
            try await home.remove()
            try FileManager.default.removeItem(atPath: tools)
            throw error
        }
        _ = try await home.run("db stop")
        try await disk?.remove()
        try await home.remove()
        try FileManager.default.removeItem(atPath: tools)
    }

    private func run(_ home: Home, _ disk: FullDisk) async throws {
        let running = try await home.startRun(pace: "10x")
        #expect(try await home.wait(until: "SELECT count(*) >= 3 FROM intents", while: running))
        try await disk.fill()
        let outcome = await running.outcome()
        #expect(outcome.status == 4, "\(outcome.errors)\(outcome.output)")
        #expect(outcome.errors.contains("The database has no space left"), "\(outcome.errors)")
        #expect(outcome.errors.contains("No space left on device"), "the server's own words: \(outcome.errors)")
        #expect(outcome.errors.contains(try home.dataFolder), "\(outcome.errors)")
        let advice = try #require(outcome.errors.firstMatch(of: /smartexec runs resume ([0-9a-f-]+)/))
        let run = String(advice.1)
        // As long as there is no space, going on fails the same way and loses nothing.
        let early = try await home.run("runs resume \(run)")
        #expect(early.status == 4, "\(early.errors)")
        #expect(early.errors.contains("no space left"), "\(early.errors)")
        try await disk.free()
        try home.checkRun(try await home.run("runs resume \(run) --clock virtual --output json"), run)
        try await home.checkBooks()
    }
}

/// A disk for a cluster's data that can be filled up.
///
/// A small file system of its own is the real thing, and only an account that may mount can make one. Elsewhere, and
/// there too, the server's writes to files of tables and log are answered with ENOSPC by a library that it is started
/// with, which needs nothing but the compiler that built this.
struct FullDisk {
    enum Way: String, Sendable, CaseIterable { case mounted, preloaded }

    private let way: Way
    private let tools: String
    private let base: String

    static var ways: [Way] {
        let folder = NSTemporaryDirectory() + "smartexec-mount-\(UUID().uuidString.prefix(8))"
        mkdir(folder, 0o700)
        defer { rmdir(folder) }
        let mayMount = (try? Shell.runHere("mount -t tmpfs -o size=1m tmpfs \(folder) && umount \(folder)")) != nil
        return mayMount ? [.mounted, .preloaded] : [.preloaded]
    }

    /// What the program under test must find in its environment.
    static func variables(_ way: Way, _ tools: String) -> [String: String] {
        way == .preloaded ? ["SMARTEXEC_PG_BIN": "\(tools)/bin"] : [:]
    }

    init(_ way: Way, _ tools: String, _ home: Home) async throws {
        self.way = way
        self.tools = tools
        switch way {
        case .mounted:
            let status = try await home.run("db status").output
            let line = try #require(status.firstMatch(of: /data +(.*)\/data\n/))
            base = String(line.1)
            // initdb leaves about 40 MB and a log of 16 MB; what is left is soon full.
            try await Shell.run(
                """
                mkdir -p \(base) && chmod 711 $(dirname \(base)) && mount -t tmpfs -o size=96m,mode=0700 tmpfs \(base)
                if [ "$(id -u)" = 0 ]; then chown postgres: \(base); fi
                """
            )
        case .preloaded:
            base = ""
            try await Self.makePreload(tools)
        }
    }

    func fill() async throws {
        switch way {
        // To the last page: what a table needs to grow is one.
        case .mounted: try await Shell.run("cat /dev/zero > \(base)/ballast 2>/dev/null || true")
        case .preloaded: try await Shell.run("touch \(tools)/full")
        }
    }

    func free() async throws {
        try await Shell.run("rm -f \(way == .mounted ? "\(base)/ballast" : "\(tools)/full")")
    }

    func remove() async throws {
        if way == .mounted { try await Shell.run("umount \(base)") }
    }

    /// Server programs that start the real ones with the library.
    private static func makePreload(_ tools: String) async throws {
        try """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>
        #include <sys/uio.h>

        static int full(int fd) {
            char link[64], path[4096];
            if (access("\(tools)/full", F_OK) != 0) return 0;
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
            ssize_t n = readlink(link, path, sizeof path - 1);
            if (n <= 0) return 0;
            path[n] = 0;
            return strstr(path, "/base/") != NULL || strstr(path, "/pg_wal/") != NULL;
        }

        #define REFUSE(fd) if (full(fd)) { errno = ENOSPC; return -1; }
        ssize_t write(int fd, const void *b, size_t n) {
            REFUSE(fd)
            return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, b, n);
        }
        ssize_t pwrite(int fd, const void *b, size_t n, off_t o) {
            REFUSE(fd)
            return ((ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite"))(fd, b, n, o);
        }
        ssize_t pwrite64(int fd, const void *b, size_t n, off_t o) { return pwrite(fd, b, n, o); }
        ssize_t pwritev(int fd, const struct iovec *v, int c, off_t o) {
            REFUSE(fd)
            return ((ssize_t (*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "pwritev"))(fd, v, c, o);
        }
        ssize_t pwritev64(int fd, const struct iovec *v, int c, off_t o) { return pwritev(fd, v, c, o); }
        """.write(toFile: "\(tools)/full.c", atomically: true, encoding: .utf8)
        // The folder of the installed server, found as the program finds it.
        try await Shell.run(
            """
            chmod 755 \(tools) && mkdir \(tools)/bin && chmod 755 \(tools)/bin
            clang -shared -fPIC -o \(tools)/full.so \(tools)/full.c -ldl
            chmod 644 \(tools)/full.so
            real=$(pg_config --bindir 2>/dev/null) && [ -x "$real/postgres" ] \\
                || real=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -1)")
            for program in initdb pg_ctl postgres; do
                printf '#!/bin/sh\\nLD_PRELOAD=%s exec %s/%s "$@"\\n' \(tools)/full.so "$real" $program > \(tools)/bin/$program
                chmod 755 \(tools)/bin/$program
            done
            """
        )
    }
}
