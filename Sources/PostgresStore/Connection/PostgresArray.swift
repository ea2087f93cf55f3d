/// A one-dimensional array in PostgreSQL's binary form, made element by element.
///
/// For statements that take many rows at once: nothing is quoted here, and the server parses no digits. The parameter
/// needs a cast to the very type of the elements: `unnest($1::numeric[])`.
///
/// Source: `array_recv`, `numeric_recv` and their kin in PostgreSQL's sources.
public struct PostgresArray: Hashable, Sendable {
    /// The types of elements, by their numbers in `pg_type.dat`.
    public enum Element: UInt32, Sendable {
        case bool = 16
        case bigint = 20
        case integer = 23
        case text = 25
        case numeric = 1700
    }

    public let element: Element
    public private(set) var count = 0
    private var hasNull = false
    /// The elements, each after its length; the array's own head is made when it is sent.
    private var body: [UInt8] = []

    /// An empty array with room for `capacity` elements of usual length.
    public init(of element: Element, capacity: Int = 0) {
        self.element = element
        body.reserveCapacity(capacity * 16)
    }

    /// Appends a text, or NULL for nil; U+0000, which PostgreSQL cannot store, becomes its picture U+2400.
    public mutating func append(_ text: String?) {
        precondition(element == .text, "a text in an array of \(element)")
        guard var text = text?.storable else { return appendNull() }
        text.withUTF8 { append($0) }
    }

    /// Appends a text made of `bytes`: UTF-8 without zero.
    public mutating func append(text bytes: some Collection<UInt8>) {
        precondition(element == .text, "a text in an array of \(element)")
        begin(length: bytes.count)
        body.append(contentsOf: bytes)
    }

    /// Appends a whole number, or NULL for nil.
    public mutating func append(_ number: Int64?) {
        guard let number else { return appendNull() }
        switch element {
        case .integer:
            begin(length: 4)
            put(UInt32(bitPattern: Int32(number)))
        case .bigint:
            begin(length: 8)
            put(UInt32(truncatingIfNeeded: number >> 32))
            put(UInt32(truncatingIfNeeded: number))
        case .bool, .text, .numeric:
            preconditionFailure("a whole number in an array of \(element)")
        }
    }

    /// Appends a truth value.
    public mutating func append(_ flag: Bool) {
        precondition(element == .bool, "a truth value in an array of \(element)")
        begin(length: 1)
        body.append(flag ? 1 : 0)
    }

    /// Appends a decimal in units of 10⁻⁸, or NULL for nil.
    public mutating func append(units: Int128?) {
        precondition(element == .numeric, "a decimal in an array of \(element)")
        guard let units else { return appendNull() }
        NumericForm.append(units, to: &body)
        count += 1
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        begin(length: bytes.count)
        body.append(contentsOf: bytes)
    }

    private mutating func appendNull() {
        put(UInt32.max)
        hasNull = true
        count += 1
    }

    private mutating func begin(length: Int) {
        put(UInt32(length))
        count += 1
    }

    private mutating func put(_ number: UInt32) { BigEndian.append(number, to: &body) }

    /// Appends the whole array as it goes over the wire.
    func encode(into bytes: inout [UInt8]) {
        BigEndian.append(UInt32(count == 0 ? 0 : 1), to: &bytes)
        BigEndian.append(UInt32(hasNull ? 1 : 0), to: &bytes)
        BigEndian.append(element.rawValue, to: &bytes)
        guard count > 0 else { return }
        BigEndian.append(UInt32(count), to: &bytes)
        BigEndian.append(UInt32(1), to: &bytes)  // Arrays count from 1.
        bytes.append(contentsOf: body)
    }
}

/// Numbers with their most significant byte first, as they go over the wire.
enum BigEndian {
    static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        append(UInt16(truncatingIfNeeded: number >> 16), to: &bytes)
        append(UInt16(truncatingIfNeeded: number), to: &bytes)
    }

    static func append(_ number: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: number >> 8))
        bytes.append(UInt8(truncatingIfNeeded: number))
    }
}

/// The binary form of `numeric`: groups of four decimal digits, the most significant first.
enum NumericForm {
    private static let negative: UInt16 = 0x4000

    /// Appends the length and the value of `units` × 10⁻⁸.
    static func append(_ units: Int128, to bytes: inout [UInt8]) {
        // Two groups are the eight decimals, so the groups of the value are those of its units; 39 digits make ten.
        var groups = InlineArray<10, UInt16>(repeating: 0)
        var count = 0
        if var left = UInt64(exactly: units.magnitude) {
            while left != 0 { (left, groups[count], count) = (left / 10_000, UInt16(left % 10_000), count + 1) }
        } else {
            var left = units.magnitude
            while left != 0 { (left, groups[count], count) = (left / 10_000, UInt16(left % 10_000), count + 1) }
        }
        var first = 0
        while first < count, groups[first] == 0 { first += 1 }
        BigEndian.append(UInt32(8 + 2 * (count - first)), to: &bytes)
        BigEndian.append(UInt16(count - first), to: &bytes)
        // The power of 10⁴ that the first group stands for.
        BigEndian.append(UInt16(bitPattern: Int16(count == 0 ? 0 : count - 3)), to: &bytes)
        BigEndian.append(units < 0 ? negative : 0, to: &bytes)
        BigEndian.append(first < 2 && count > 0 ? decimals(groups[first], place: first) : 0, to: &bytes)
        for place in stride(from: count - 1, through: first, by: -1) { BigEndian.append(groups[place], to: &bytes) }
    }

    /// How many decimals are shown when the last group that is not zero is the last of the eight (place 0) or the first.
    private static func decimals(_ group: UInt16, place: Int) -> UInt16 {
        var shown = UInt16(8 - 4 * place)
        var left = group
        while left % 10 == 0 { (left, shown) = (left / 10, shown - 1) }
        return shown
    }
}
