import Foundation

/// Processor seconds used so far, by this process and by the server with all its backends.
package struct ProcessorTime: Sendable {
    package let ours: Double
    package let server: Double

    /// Reads `/proc` for the server, whose first process also counts what its ended children have used.
    package static func read(server: Int32) -> ProcessorTime {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let ours = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var ticks = 0
        for process in names.compactMap({ Int32($0) }) {
            guard let fields = fields(of: process), fields.count > 15 else { continue }
            if process == server {
                ticks += fields[11] + fields[12] + fields[13] + fields[14]
            } else if fields[1] == Int(server) {
                ticks += fields[11] + fields[12]
            }
        }
        return ProcessorTime(ours: ours, server: Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    package static func - (end: ProcessorTime, start: ProcessorTime) -> ProcessorTime {
        ProcessorTime(ours: end.ours - start.ours, server: end.server - start.server)
    }

    /// The numbers of `/proc/PID/stat` after the name in brackets; the state's letter counts as 0.
    private static func fields(of process: Int32) -> [Int]? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let bracket = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: bracket)...].split(separator: " ").map { Int($0) ?? 0 }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
