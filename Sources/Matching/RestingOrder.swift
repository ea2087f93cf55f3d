public import TradingDomain

/// A venue's own number for an order in one of its books; later orders have greater numbers by custom, not by need.
public struct BookOrderID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }

    public static func < (left: BookOrderID, right: BookOrderID) -> Bool { left.number < right.number }

    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt64.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    public var description: String { String(number) }
}

/// Who an order belongs to: orders of one owner do not trade with each other unless their owner says so.
public struct BookOwner: Hashable, Sendable, Codable {
    public let number: UInt32

    /// Of an order that belongs to nobody we know, which may trade with every other.
    public static let anonymous = BookOwner(0)

    public init(_ number: UInt32) { self.number = number }

    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt32.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// An order that rests in a book.
public struct RestingOrder: Hashable, Sendable, Codable {
    public let id: BookOrderID
    public let owner: BookOwner
    public let side: Side
    public let price: Price
    /// What is left of it; above zero.
    public internal(set) var open: Quantity

    public init(id: BookOrderID, owner: BookOwner = .anonymous, side: Side, price: Price, open: Quantity) {
        self.id = id
        self.owner = owner
        self.side = side
        self.price = price
        self.open = open
    }
}
