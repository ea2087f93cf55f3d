import Foundation

/// How many worlds to run at a time.
enum CoreCount {
    static var ofMachine: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
