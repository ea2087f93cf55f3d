/// Who listens to what: the subscriptions of every stream connection.
///
/// A value without I/O. Messages go to connections in the order in which these were opened.
struct StreamHub {
    typealias SocketID = Int

    private struct Socket {
        let route: StreamPath.Route
        var isCombined: Bool
        var names: [String]
        let events: Set<String>?
    }

    /// Streams that one connection may have; the venue's own limit.
    static let streamsMax = 1024

    private var sockets: [SocketID: Socket] = [:]
    /// Connections by stream name or listen key, oldest first.
    private var listeners: [String: [SocketID]] = [:]
    private var nextID: SocketID = 1

    var isEmpty: Bool { sockets.isEmpty }
    var socketIDs: [SocketID] { sockets.keys.sorted() }

    /// Names that somebody listens to, so that others need not be made.
    var wanted: Set<String> { Set(listeners.keys) }

    /// - Returns: `nil` when the address asks for more streams than one connection may have.
    mutating func open(_ path: StreamPath) -> SocketID? {
        guard path.names.count <= Self.streamsMax else { return nil }
        let id = nextID
        nextID += 1
        sockets[id] = Socket(route: path.route, isCombined: path.isCombined, names: [], events: path.events)
        for name in path.names { subscribe(id, name) }
        return id
    }

    mutating func close(_ id: SocketID) {
        guard let socket = sockets.removeValue(forKey: id) else { return }
        for name in socket.names { stopListening(id, name) }
    }

    /// What a message of a client changes, and its answer; `nil` ends the connection, for too many streams.
    mutating func receive(_ text: String, from id: SocketID) -> String? {
        guard let socket = sockets[id] else { return nil }
        let request: StreamRequest
        do {
            request = try StreamRequest(parsing: text)
        } catch {
            return error.json
        }
        var result = "null"
        switch request.method {
        case .subscribe(let names):
            guard Set(socket.names).union(names).count <= Self.streamsMax else { return nil }
            for name in names { subscribe(id, name) }
        case .unsubscribe(let names): for name in names { unsubscribe(id, name) }
        case .list: result = "[" + socket.names.map(JSONText.quoted).joined(separator: ",") + "]"
        case .setCombined(let flag): sockets[id]?.isCombined = flag
        case .getCombined: result = socket.isCombined ? "true" : "false"
        }
        return "{\"result\":\(result),\"id\":\(request.id)}"
    }

    /// The connections that get a message of a market stream, with its text for each.
    func deliveries(ofStream name: String, _ json: String) -> [(SocketID, String)] {
        deliveries(name, json) { StreamPath.carries($0.route, name) }
    }

    /// The connections that get an event of a user, such as an `ORDER_TRADE_UPDATE`, with its text for each.
    func deliveries(ofKey listenKey: String, kind: String, _ json: String) -> [(SocketID, String)] {
        deliveries(listenKey, json) { socket in
            (socket.route == .private || socket.route == .unrouted) && socket.events?.contains(kind) ?? true
        }
    }

    private func deliveries(_ name: String, _ json: String, where gets: (Socket) -> Bool) -> [(SocketID, String)] {
        guard let ids = listeners[name] else { return [] }
        var wrapped: String?
        return ids.compactMap { id in
            guard let socket = sockets[id], gets(socket) else { return nil }
            guard socket.isCombined else { return (id, json) }
            let text = wrapped ?? "{\"stream\":\(JSONText.quoted(name)),\"data\":\(json)}"
            wrapped = text
            return (id, text)
        }
    }

    private mutating func subscribe(_ id: SocketID, _ name: String) {
        guard sockets[id]?.names.contains(name) == false else { return }
        sockets[id]?.names.append(name)
        listeners[name, default: []].append(id)
    }

    private mutating func unsubscribe(_ id: SocketID, _ name: String) {
        sockets[id]?.names.removeAll { $0 == name }
        stopListening(id, name)
    }

    private mutating func stopListening(_ id: SocketID, _ name: String) {
        listeners[name]?.removeAll { $0 == id }
        if listeners[name]?.isEmpty == true { listeners[name] = nil }
    }
}
