/// A WebSocket for market and user events: what it subscribes to is told over it.
final class EventStream: SocketPurpose {
    let messagesPerSecond: Int?
    private let desk: VenueDesk
    private let path: StreamPath
    private var port: (any StreamPort)?
    private var id: StreamHub.SocketID?

    init(_ desk: VenueDesk, _ path: StreamPath, _ limits: StreamLimits) {
        self.desk = desk
        self.path = path
        messagesPerSecond = limits.messagesPerSecond
    }

    var isOffered: Bool { desk.takesStreams }

    func opened(_ port: any StreamPort) -> Bool {
        self.port = port
        id = desk.open(path, port)
        return id != nil
    }

    func receive(_ text: String) -> Bool {
        guard let id, let answer = desk.receive(text, from: id) else { return false }
        port?.send(answer)
        return true
    }

    func closed() {
        if let id { desk.closed(id) }
        (id, port) = (nil, nil)
    }
}
