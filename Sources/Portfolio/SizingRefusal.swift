/// Why sizing stopped without an order.
public struct SizingRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: SizingCode
    public let message: String
    /// False when the decision is simply met already.
    public let isRefusal: Bool

    public var description: String { message }

    static func refused(_ code: SizingCode, _ message: String) -> SizingRefusal {
        SizingRefusal(code: code, message: message, isRefusal: true)
    }

    static func noAction(_ code: SizingCode, _ message: String) -> SizingRefusal {
        SizingRefusal(code: code, message: message, isRefusal: false)
    }
}
