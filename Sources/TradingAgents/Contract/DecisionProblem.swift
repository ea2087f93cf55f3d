/// One reason why bytes are not a decision by the contract `smartexec.decision/1` (intake gates 1 and 2).
public struct DecisionProblem: Hashable, Sendable, CustomStringConvertible {
    /// The contract's code.
    public enum Code: String, Hashable, Sendable, Codable, CaseIterable {
        case tooLarge = "TOO_LARGE"
        case notJSON = "NOT_JSON"
        case duplicateKey = "DUPLICATE_KEY"
        case schema = "SCHEMA"
        case unsupportedVersion = "UNSUPPORTED_VERSION"
    }

    public let code: Code
    /// The place as a JSON pointer (RFC 6901); empty for the whole document.
    public let pointer: String
    /// What is wrong, with the value.
    public let message: String
    /// What to do, such as the nearest known field.
    public let hint: String?

    public init(code: Code, pointer: String, message: String, hint: String? = nil) {
        self.code = code
        self.pointer = pointer
        self.message = message
        self.hint = hint
    }

    public var description: String {
        let place = pointer.isEmpty ? "" : "\(pointer): "
        return "\(code.rawValue) \(place)\(message)\(hint.map { " \($0)" } ?? "")"
    }
}

/// All that is wrong with one document; never empty.
public struct DecisionRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let problems: [DecisionProblem]

    public init(_ problems: [DecisionProblem]) {
        precondition(!problems.isEmpty, "a refusal without a problem")
        self.problems = problems
    }

    init(_ error: JSONError) {
        let code: DecisionProblem.Code =
            switch error.kind {
            case .tooLarge: .tooLarge
            case .notJSON: .notJSON
            case .duplicateKey: .duplicateKey
            }
        self.init([
            DecisionProblem(code: code, pointer: error.pointer, message: "\(error.message) (byte \(error.offset + 1))")
        ])
    }

    /// The first problem's code, for rows and metrics.
    public var code: DecisionProblem.Code { problems[0].code }

    public var description: String { problems.map(\.description).joined(separator: "; ") }
}

/// Collects problems while a document is read, so that its author sees all of them at once.
final class ProblemList {
    /// Enough to mend a document; a hostile one gets no longer answer.
    private static let maximum = 50

    private(set) var problems: [DecisionProblem] = []

    func add(_ pointer: String, _ message: String, hint: String? = nil, code: DecisionProblem.Code = .schema) {
        guard problems.count < Self.maximum else { return }
        problems.append(DecisionProblem(code: code, pointer: pointer, message: message, hint: hint))
    }
}
