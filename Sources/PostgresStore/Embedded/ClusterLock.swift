import Foundation

/// The lock under which one program at a time makes, starts or stops a cluster.
///
/// The kernel releases it when its holder dies, so it cannot go stale; the file itself stays.
final class ClusterLock {
    private var file: Int32

    /// Waits for the lock.
    ///
    /// - Throws: ``EmbeddedClusterError/lockTimedOut(path:seconds:)`` or
    ///   ``EmbeddedClusterError/notWritable(path:problem:)``.
    init(path: String, timeoutSeconds: Int) throws(EmbeddedClusterError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .fileFailure(path: path, errno: errno) }
        let start = ContinuousClock.now
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now - start < .seconds(timeoutSeconds) else {
                close(file)
                throw .lockTimedOut(path: path, seconds: timeoutSeconds)
            }
            usleep(10_000)
        }
        self.file = file
    }

    /// Lets the next program in; releasing twice does nothing.
    func release() {
        guard file >= 0 else { return }
        // Explicitly, since a child that another thread is just starting may share the open file for a moment.
        _ = flock(file, LOCK_UN)
        close(file)
        file = -1
    }

    deinit { release() }
}

extension EmbeddedClusterError {
    /// Returns what a failed call on a file means to the user.
    static func fileFailure(path: String, errno: Int32) -> EmbeddedClusterError {
        errno == ENOSPC || errno == EDQUOT
            ? .noSpace(path: path, log: "") : .notWritable(path: path, problem: String(cString: strerror(errno)))
    }
}
