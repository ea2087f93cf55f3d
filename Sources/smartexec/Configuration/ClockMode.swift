import YAMLNodes

/// How time passes: as fast as the work allows, as on the wall, or a multiple of that.
enum ClockMode: Hashable, Sendable, CustomStringConvertible {
    case virtual
    case real
    /// `60x`: sixty market seconds in one of ours. At least 2.
    case accelerated(Int)

    /// - Parameter text: `virtual`, `real`, or a whole number from 2 to 100000 with `x`; `nil` for anything else.
    init?(_ text: String) {
        switch text {
        case "virtual": self = .virtual
        case "real", "1x": self = .real
        default:
            guard text.hasSuffix("x"), let factor = Int(text.dropLast()), (2...100_000).contains(factor),
                String(factor) == text.dropLast()
            else { return nil }
            self = .accelerated(factor)
        }
    }

    var description: String {
        switch self {
        case .virtual: "virtual"
        case .real: "real"
        case .accelerated(let factor): "\(factor)x"
        }
    }
}

extension ScalarType<ClockMode> {
    static var clock: ScalarType {
        ScalarType("virtual, real or a multiple such as 60x") { text throws(ScalarProblem) in
            guard let mode = ClockMode(text) else {
                let question = Suggestion.question(for: text, in: ["virtual", "real"])
                throw ScalarProblem(
                    "`\(text)` is no clock",
                    help: question ?? "write virtual, real or a multiple such as 60x"
                )
            }
            return mode
        }
    }
}
