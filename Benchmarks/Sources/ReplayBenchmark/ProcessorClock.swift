import Foundation

/// The processor time of this thread: what a single thread without input and output takes on a machine of its own,
/// whatever else the machine is doing.
enum ProcessorClock {
    static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
