import Foundation

/// Runs `body`, which blocks, on a thread of its own.
///
/// The threads of Swift's tasks are as few as the machine's cores: whoever blocks one starves the other tests.
///
/// - Returns: What it returns.
/// - Throws: What it throws.
func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}
