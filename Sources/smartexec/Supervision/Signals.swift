@preconcurrency import Dispatch
import Glibc

/// Signals as calls on a queue, instead of the end of the process.
final class Signals: Sendable {
    private let sources: [any DispatchSourceSignal]

    /// Takes signals over; one that was ignored when the program started (`nohup`, `&` in a script) stays ignored.
    init(_ signals: [Int32], on queue: DispatchQueue, _ handler: @escaping @Sendable (Int32) -> Void) {
        sources = signals.filter { !Self.isIgnored($0) }.map { signal in
            let source = DispatchSource.makeSignalSource(signal: signal, queue: queue)
            source.setEventHandler { handler(signal) }
            source.resume()
            return source
        }
    }

    func cancel() { for source in sources { source.cancel() } }

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return false }
        // SIG_IGN is the address 1, which Swift does not import as a function.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
