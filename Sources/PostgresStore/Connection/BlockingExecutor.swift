import Dispatch

/// A serial executor on a queue of its own, for actors whose C library blocks.
///
/// A blocked call holds a thread of Dispatch, never one of the few threads of Swift's shared pool.
final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// Makes an executor whose queue carries `label` in debuggers and crash reports.
    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The closure keeps `self`: a job may release the last reference to the actor that owns this executor.
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
