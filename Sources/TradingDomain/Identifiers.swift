/// An identifier that is a text with a type, so that one kind is never passed for another.
public protocol TextID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    var text: String { get }
    init(unchecked text: String)
}

extension TextID {
    public var description: String { text }
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    public init(from decoder: any Decoder) throws {
        self.init(unchecked: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// One run of a workflow, a UUID in lower case.
public struct RunID: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }
}

/// A brokerage account by its configured name, with the namespace of its environment: `paper`, `paper@generated-7`.
public struct AccountID: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }
}

/// A trading agent's configured name, `[a-z0-9._-]`, at most 64 characters.
public struct AgentID: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }
}

/// The id that an agent gave its decision, 8–128 of `[A-Za-z0-9._:-]`.
public struct DecisionID: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }
}

/// The venue's own id of an order.
public struct BrokerOrderID: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }
}

/// The venue's id of a trade; fills are unique by account, symbol and this.
public struct TradeID: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }
}
