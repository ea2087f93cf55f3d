/// What happens on a stream that reconnects by itself.
public enum StreamEvent: Hashable, Sendable {
    /// It stands; what was told while it did not is lost.
    case connected
    case text(String)
    case disconnected(reason: String)
}

/// A stream of the venue that stays connected until it is stopped, for one listener.
public protocol VenueStream: Sendable {
    /// Gives what happens to `body`, one after the other, until that says `false` or the stream is stopped.
    ///
    /// A slow listener holds up the network and not the memory.
    func listen(_ body: @Sendable (StreamEvent) async -> Bool) async
    /// Sends a text after every connect, and now when it is connected.
    func subscribe(_ text: String) async
    /// Ends it and whoever listens.
    func stop() async
}

/// Opens a stream; the address is asked for anew before each connect, since a key in it may have expired.
public typealias StreamOpener = @Sendable (_ url: @escaping @Sendable () async throws -> String) -> any VenueStream
