import Testing

@Suite("Sources")
struct SourceTests {
    /// Longest file: beyond this it holds two ideas.
    private static let mostLines = 400

    @Test("No file is longer than 400 lines")
    func length() throws {
        for file in try Repository.sources() where file.lines.count > Self.mostLines + 1 {
            Issue.record("\(file) has \(file.lines.count) lines; split it")
        }
    }

    @Test("Nothing ends the program by surprise, and nothing is left to do")
    func forbiddenWords() throws {
        let traps = ["fatalError(", "try!", "as!", "assertionFailure("]
        let marks = ["TODO", "FIXME", "XXX"]
        for file in try Repository.sources() {
            for (index, code) in file.codeLines.enumerated() {
                for trap in traps where code.contains(trap) { Issue.record("\(file):\(index + 1): `\(trap)`") }
            }
            for (index, line) in file.lines.enumerated() {
                for mark in marks where line.split(whereSeparator: { !$0.isLetter }).contains(Substring(mark)) {
                    Issue.record("\(file):\(index + 1): `\(mark)`")
                }
            }
        }
    }

    /// Foundation's hands a child the descriptors that other threads just opened, and blocked signals: a reader of a
    /// pipe that such a child holds waits for ever, and the child does not hear that it should end.
    @Test("Programs are started without Foundation's Process")
    func processes() throws {
        for file in try Repository.sources() + Repository.files(in: ["Tests"], withExtension: "swift") {
            for (index, code) in file.codeLines.enumerated() where code.contains(#/\bProcess\(\)/#) {
                Issue.record("\(file):\(index + 1): tests have TradingTestKit's BuiltProgram, rooms swift-subprocess")
            }
        }
    }

    /// Names of what is booked.
    ///
    /// Ratios and basis points may be binary; these never.
    private static let bookedNames: Set<String> = [
        "price", "quantity", "cash", "notional", "commission", "fee", "fees", "money", "balance",
    ]

    /// Estimates that carry such a name, each with its reason.
    private static let binaryExceptions: [String: String] = [:]

    @Test("What is booked is never a Double")
    func doubles() throws {
        for file in try Repository.sources() {
            for (index, code) in file.codeLines.enumerated() {
                for name in Self.binaryNames(code) where Self.isBooked(name) {
                    guard Self.binaryExceptions["\(file.path) \(name)"] == nil else { continue }
                    Issue.record("\(file):\(index + 1): `\(name)` is a Double; booked amounts are fixed point")
                }
            }
        }
    }

    /// The names declared as `name: Double`, also optional or in arrays.
    private static func binaryNames(_ code: String) -> [String] {
        code.matches(of: #/(\w+)\s*:\s*\[?(?:Double|Float)\b/#).map { String($0.1) }
    }

    /// By the last word of the name: `averagePrice` is booked, `priceVolatility` is not.
    private static func isBooked(_ name: String) -> Bool {
        guard let last = name.split(omittingEmptySubsequences: true, whereSeparator: { $0 == "_" }).last else {
            return false
        }
        let start = last.lastIndex { $0.isUppercase } ?? last.startIndex
        return bookedNames.contains(last[start...].lowercased())
    }

    @Test(
        "Booked names are recognised",
        arguments: [
            ("let averagePrice: Double", ["averagePrice"]), ("func f(cash: Double?, vol: Double)", ["cash"]),
            ("var fees: [Double]", ["fees"]), ("let priceVolatility: Double", []), ("let price: Price", []),
            ("let total_commission: Float", ["total_commission"]),
        ]
    )
    func recognising(_ code: String, _ names: [String]) {
        #expect(Self.binaryNames(code).filter(Self.isBooked) == names)
    }
}
