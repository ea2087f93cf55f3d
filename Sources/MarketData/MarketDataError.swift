/// Market data that cannot be read or makes no sense.
public struct MarketDataError: Error, Sendable, CustomStringConvertible {
    /// Stable name for rows and metrics, such as `bad_row`.
    public let code: String
    public let file: String?
    /// From 1.
    public let line: Int?
    public let message: String

    public init(code: String, file: String? = nil, line: Int? = nil, message: String) {
        self.code = code
        self.file = file
        self.line = line
        self.message = message
    }

    public var description: String {
        let place = file.map { name in line.map { "\(name):\($0): " } ?? "\(name): " } ?? ""
        return place + message
    }
}
