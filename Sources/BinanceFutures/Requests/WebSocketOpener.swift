public import Networking

/// The venue's streams over WebSocket connections that are made anew whenever they end.
public enum WebSocketOpener {
    /// Short, since nothing adds exposure while the account's stream is away.
    ///
    /// The venue takes 300 connections in 5 minutes from one address; three streams that try at this pace ask for 120.
    public static let patience = Backoff(maximum: .seconds(10))

    /// Opens streams with these settings.
    public static func opener(
        _ settings: WebSocketSettings = .init(),
        _ backoff: Backoff = patience
    ) -> StreamOpener {
        { url in SocketStream(WebSocketStream(url: url, settings: settings, backoff: backoff)) }
    }
}

/// A WebSocket stream in the words of this room.
private struct SocketStream: VenueStream {
    private let stream: WebSocketStream

    init(_ stream: WebSocketStream) { self.stream = stream }

    func listen(_ body: @Sendable (StreamEvent) async -> Bool) async {
        for await event in stream.events {
            let isWanted =
                switch event {
                case .connected: await body(.connected)
                case .message(.text(let text)): await body(.text(text))
                case .message(.data): true  // The venue sends none.
                case .disconnected(let error, _): await body(.disconnected(reason: error.description))
                }
            guard isWanted else { return }
        }
    }

    func subscribe(_ text: String) async { await stream.subscribe(text) }
    func stop() async { await stream.stop() }
}
