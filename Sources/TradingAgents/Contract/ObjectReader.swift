import TradingDomain

/// Reads the members of one JSON object by the contract's schema, noting every problem.
///
/// A getter returns `nil` both for a missing optional field and for a wrong one; the latter is in `problems`, and a
/// document with problems yields nothing.
struct ObjectReader {
    let value: JSONValue
    let pointer: String
    let problems: ProblemList

    /// Notes every member that is not among `fields`, the names that the object may have.
    init?(_ value: JSONValue, at pointer: String, fields: [String], problems: ProblemList) {
        guard case .object(let members) = value else {
            problems.add(pointer, "An object is expected, but here is \(value.kindName).")
            return nil
        }
        self.value = value
        self.pointer = pointer
        self.problems = problems
        for member in members where !fields.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }) {
            problems.add(
                JSONPointer.join(pointer, member.name),
                "Unknown field '\(member.name)'.",
                hint: Suggestion.text(for: member.name, among: fields)
            )
        }
    }

    func place(_ name: String) -> String { JSONPointer.join(pointer, name) }

    func has(_ name: String) -> Bool { value[name] != nil }

    /// The member as it stands; a problem when it is required and missing.
    func raw(_ name: String, required: Bool = false) -> JSONValue? {
        guard let found = value[name] else {
            if required { problems.add(pointer, "Required field '\(name)' is missing.") }
            return nil
        }
        return found
    }

    /// A text of at most `maximum` Unicode scalars (JSON Schema's measure of length).
    func text(_ name: String, required: Bool = false, minimum: Int = 0, maximum: Int) -> String? {
        guard let found = raw(name, required: required) else { return nil }
        guard case .string(let text) = found else {
            problems.add(place(name), "A text is expected, but here is \(found.kindName).")
            return nil
        }
        let length = text.unicodeScalars.count
        guard (minimum...maximum).contains(length) else {
            problems.add(place(name), "The text has \(length) characters; \(minimum) to \(maximum) are accepted.")
            return nil
        }
        return text
    }

    /// A text that `accept` turns into a value; `form` says in words what is accepted.
    func parsed<Value>(
        _ name: String,
        required: Bool = false,
        _ form: String,
        _ accept: (String) -> Value?
    ) -> Value? {
        guard let found = raw(name, required: required) else { return nil }
        return parsed(found, at: place(name), form, accept)
    }

    func parsed<Value>(_ found: JSONValue, at place: String, _ form: String, _ accept: (String) -> Value?) -> Value? {
        guard case .string(let text) = found else {
            problems.add(place, "\(form) is expected, but here is \(found.kindName).")
            return nil
        }
        guard let value = accept(text) else {
            problems.add(place, "'\(text.prefix(80))' is not accepted: \(form) is expected.")
            return nil
        }
        return value
    }

    /// One of an enumeration's raw values, exactly.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, required: Bool = false) -> Choice?
    where Choice.RawValue == String {
        word(name, required: required, among: Choice.allCases.map(\.rawValue)).flatMap(Choice.init(rawValue:))
    }

    /// One of `words`, compared byte by byte.
    func word(_ name: String, required: Bool = false, among words: [String]) -> String? {
        guard let found = raw(name, required: required) else { return nil }
        guard case .string(let text) = found else {
            problems.add(
                place(name),
                "One of \(words.joined(separator: ", ")) is expected, but here is \(found.kindName)."
            )
            return nil
        }
        guard let word = words.first(where: { $0.utf8.elementsEqual(text.utf8) }) else {
            problems.add(
                place(name),
                "'\(text.prefix(80))' is none of \(words.joined(separator: ", ")).",
                hint: Suggestion.text(for: text, among: words)
            )
            return nil
        }
        return word
    }

    func key(_ name: String, required: Bool = false) -> String? {
        parsed(name, required: required, "8 to 128 of A-Z a-z 0-9 . _ : - beginning with a letter or digit") {
            Patterns.isKey($0) ? $0 : nil
        }
    }

    func instant(_ name: String, required: Bool = false) -> Timestamp? {
        parsed(name, required: required, "a UTC time such as 2026-11-20T14:31:05Z") { Timestamp($0) }
    }

    func symbol(_ name: String, required: Bool = false) -> Symbol? {
        parsed(name, required: required, Patterns.symbolForm) { Symbol($0) }
    }

    func currency(_ name: String) -> Currency? {
        parsed(name, "a currency of three to five capital letters") { Currency(rawValue: $0) }
    }

    func hash(_ name: String) -> String? {
        parsed(name, "'sha256:' and 64 hexadecimal digits in lower case") { Patterns.isHash($0) ? $0 : nil }
    }

    /// A decimal text that is not negative, through the exact parser `make`.
    func amount<Value>(_ name: String, required: Bool = false, _ make: (String) throws -> Value) -> Value? {
        guard let found = raw(name, required: required) else { return nil }
        guard case .string(let text) = found else {
            let hint =
                if case .number(let number) = found { "Write it in quotes: \"\(number)\"." } else { nil as String? }
            problems.add(place(name), "A decimal text is expected, but here is \(found.kindName).", hint: hint)
            return nil
        }
        guard Patterns.isAmount(text) else {
            problems.add(
                place(name),
                "'\(text.prefix(80))' is not accepted: digits with at most 15 before and 8 after the point are expected."
            )
            return nil
        }
        do {
            return try make(text)
        } catch {
            problems.add(place(name), "\(error)")
            return nil
        }
    }

    /// A number that is exact with eight decimals and lies in `range` (whole numbers).
    func number(_ name: String, required: Bool = false, in range: ClosedRange<Int>, form: DecisionForm) -> FixedDecimal?
    {
        guard let found = raw(name, required: required) else { return nil }
        let text: String
        switch (found, form) {
        case (.number(let number), .wire): text = JSONNumber.plain(number) ?? number
        case (.string(let decimal), .stored): text = decimal
        default:
            let expected = form == .wire ? "A number" : "A decimal text"
            problems.add(place(name), "\(expected) is expected, but here is \(found.kindName).")
            return nil
        }
        do {
            let value = try FixedDecimal(parsing: text)
            guard value >= FixedDecimal(range.lowerBound), value <= FixedDecimal(range.upperBound) else {
                problems.add(place(name), "\(text) is outside \(range.lowerBound) to \(range.upperBound).")
                return nil
            }
            return value
        } catch {
            problems.add(place(name), "\(error)")
            return nil
        }
    }

    /// A whole number in `range`; `2.0` is one.
    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = number(name, in: range, form: .wire) else { return nil }
        let (whole, rest) = value.units.quotientAndRemainder(dividingBy: Int128(FixedDecimal.scale))
        guard rest == 0 else {
            problems.add(place(name), "\(value) is not a whole number.")
            return nil
        }
        return Int(whole)
    }

    /// A number from 0 to 1, or `nil` for null.
    func confidence(_ name: String) -> Double? {
        guard let found = raw(name) else { return nil }
        switch found {
        case .null: return nil
        case .number(let text):
            // Rounding to the nearest double cannot cross 0 or 1, which are doubles themselves; -0 is 0.
            guard let value = Double(text), (0...1).contains(value) else {
                problems.add(place(name), "\(text) is outside 0 to 1.")
                return nil
            }
            return value == 0 ? 0 : value
        default:
            problems.add(place(name), "A number from 0 to 1 or null is expected, but here is \(found.kindName).")
            return nil
        }
    }

    /// The items of an array with at most `maximum` of them, each with its place.
    func items(_ name: String, required: Bool = false, minimum: Int = 0, maximum: Int) -> [(JSONValue, String)]? {
        guard let found = raw(name, required: required) else { return nil }
        guard case .array(let items) = found else {
            problems.add(place(name), "An array is expected, but here is \(found.kindName).")
            return nil
        }
        guard (minimum...maximum).contains(items.count) else {
            problems.add(place(name), "The array has \(items.count) items; \(minimum) to \(maximum) are accepted.")
            return nil
        }
        return items.enumerated().map { ($1, "\(place(name))/\($0)") }
    }

    /// Symbols, none of them twice.
    func symbols(_ name: String, maximum: Int) -> [Symbol]? {
        guard let found = items(name, maximum: maximum) else { return nil }
        var seen: Set<Symbol> = []
        return found.compactMap { item, place in
            guard let symbol = parsed(item, at: place, Patterns.symbolForm, { Symbol($0) }) else { return nil }
            if !seen.insert(symbol).inserted { problems.add(place, "'\(symbol)' stands twice.") }
            return symbol
        }
    }
}

/// The patterns of the contract's schema that have no type of their own.
enum Patterns {
    static let symbolForm = "a symbol (1 to 24 of A-Z 0-9 . ^ / = _ - beginning with a letter or digit)"

    static func isKey(_ text: String) -> Bool {
        (8...128).contains(text.utf8.count) && isAlphanumeric(text.utf8.first) && text.utf8.allSatisfy(isKeyByte)
    }

    static func isKeyByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || Set("._:-".utf8).contains(byte) }

    static func isHash(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst(7)
        return text.utf8.starts(with: "sha256:".utf8) && digits.count == 64
            && digits.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// Matches `[a-z0-9][a-z0-9._-]{0,63}`.
    static func isAgent(_ text: String) -> Bool {
        func isLower(_ byte: UInt8) -> Bool { isAlphanumeric(byte) && !(65...90).contains(byte) }
        return (1...64).contains(text.utf8.count) && text.utf8.first.map(isLower) == true
            && text.utf8.allSatisfy { isLower($0) || Set("._-".utf8).contains($0) }
    }

    /// Matches `[A-Za-z0-9._-]{1,64}`.
    static func isAccount(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { isAlphanumeric($0) || Set("._-".utf8).contains($0) }
    }

    /// Matches `[A-Z0-9._-]{1,16}`.
    static func isVenue(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count)
            && text.utf8.allSatisfy { (isAlphanumeric($0) && !(97...122).contains($0)) || Set("._-".utf8).contains($0) }
    }

    /// Matches `(0|[1-9][0-9]{0,14})(\.[0-9]{1,8})?`.
    static func isAmount(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2, (1...15).contains(whole.count),
            whole.count == 1 || whole.first != UInt8(ascii: "0"),
            parts.allSatisfy({ $0.allSatisfy { (48...57).contains($0) } })
        else { return false }
        return parts.count == 1 || (1...8).contains(parts[1].count)
    }

    private static func isAlphanumeric(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}

/// The nearest known word for a misspelt one.
enum Suggestion {
    /// Text such as `Did you mean 'pct'?`, or `nil` when nothing is near enough to be a misspelling.
    static func text(for word: String, among known: [String]) -> String? {
        let lowered = Array(word.lowercased().utf8.prefix(64))
        let ranked = known.map { ($0, distance(lowered, Array($0.lowercased().utf8))) }.min { $0.1 < $1.1 }
        guard let (best, edits) = ranked, edits <= max(1, best.utf8.count / 3) else { return nil }
        return "Did you mean '\(best)'?"
    }

    /// Edits from one text to the other (insert, delete, replace, swap of neighbours).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(last[column + 1], current[column]) + 1
                best = min(best, last[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}

extension JSONPointer {
    static func join(_ pointer: String, _ name: String) -> String { pointer + text([name]) }
}
