/// One whole message, whatever number of frames it came in.
public enum WebSocketMessage: Hashable, Sendable {
    case text(String)
    case data([UInt8])
}

/// Why a side closed the connection, as a number.
///
/// Source: RFC 6455, section 7.4, and the IANA registry that it founded.
public struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let normal = Self(rawValue: 1000)
    public static let goingAway = Self(rawValue: 1001)
    public static let protocolError = Self(rawValue: 1002)
    public static let unacceptableData = Self(rawValue: 1003)
    /// Stands for a close without a code; never sent.
    public static let none = Self(rawValue: 1005)
    public static let invalidText = Self(rawValue: 1007)
    public static let policyViolation = Self(rawValue: 1008)
    public static let messageTooLarge = Self(rawValue: 1009)
    public static let internalError = Self(rawValue: 1011)
    public static let serviceRestart = Self(rawValue: 1012)
    public static let tryAgainLater = Self(rawValue: 1013)

    /// Whether a close frame may carry it; 1004 to 1006 and 1015 only stand for something.
    public var maySend: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    public var description: String { self == .none ? "no code" : "\(rawValue)" }
}
