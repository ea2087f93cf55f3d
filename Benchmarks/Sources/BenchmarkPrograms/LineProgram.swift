import Foundation

/// What keeps a benchmark from measuring.
package struct BenchmarkFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A program that is spoken with line by line; it ends when its standard input does.
package final class LineProgram {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer: [UInt8] = []
    private var next = 0

    package init(_ path: String, _ arguments: [String] = []) throws {
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit { try? input.fileHandleForWriting.close() }

    package func say(_ line: String) throws { try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8)) }

    package func line() throws -> String {
        var line: [UInt8] = []
        while true {
            if next == buffer.count {
                buffer = Array(output.fileHandleForReading.availableData)
                next = 0
                guard !buffer.isEmpty else {
                    throw BenchmarkFailure("\(process.executableURL?.path ?? "a program") ended")
                }
            }
            next += 1
            if buffer[next - 1] == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(buffer[next - 1])
        }
    }
}
