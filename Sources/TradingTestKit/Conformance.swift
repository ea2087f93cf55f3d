/// What a conformance suite found wrong with an adapter.
public struct ConformanceFailure: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// One case of a conformance suite: a fresh harness in, an error out when the adapter breaks the port's promise.
public struct ConformanceCase<Harness: Sendable>: Sendable, CustomStringConvertible {
    /// What must hold, as a sentence.
    public let description: String
    /// Throws ``ConformanceFailure``, or the adapter's own error.
    public let run: @Sendable (Harness) async throws -> Void

    init(_ description: String, _ run: @escaping @Sendable (Harness) async throws -> Void) {
        self.description = description
        self.run = run
    }
}

/// Fails unless two values are equal.
func expect<Value: Equatable>(_ found: Value, equals wanted: Value, _ what: String) throws {
    guard found == wanted else { throw ConformanceFailure("\(what): found \(found), wanted \(wanted)") }
}

/// Fails unless the condition holds.
func expect(_ holds: Bool, _ what: String) throws {
    guard holds else { throw ConformanceFailure(what) }
}

/// Fails unless `body` throws an error of type `Failure`, which it returns.
func expectError<Failure: Error>(
    _ type: Failure.Type,
    _ what: String,
    _ body: () async throws -> Void
) async throws -> Failure {
    do {
        try await body()
    } catch let error as Failure {
        return error
    } catch {
        throw ConformanceFailure("\(what): threw \(error)")
    }
    throw ConformanceFailure("\(what): threw nothing")
}
