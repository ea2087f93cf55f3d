/// Writes values as JSON in one pass, straight into bytes.
///
/// Documents are written for every order event. Foundation's encoder builds a tree of objects first and takes most of
/// the engine's time for it; this one appends. Made for our own types: those that Foundation's encoder treats in a way
/// of its own (`Date`, `Data`, `URL`, `Decimal`) would be written differently.
///
/// Properties keep the order of their declaration and dictionaries are sorted by key, so equal values are equal texts.
package enum CompactJSON {
    /// Returns the JSON of `value` as UTF-8.
    ///
    /// - Throws: `EncodingError` for a number that JSON does not have, and what the value's own coding throws.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        try writer.write(value: value)
        return writer.bytes
    }
}

extension CompactJSON {
    /// Appends `text` as a JSON string.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            guard utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
                return bytes.append(contentsOf: utf8)
            }
            for byte in utf8 { append(escaping: byte, to: &bytes) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(escaping byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x0A: bytes += Array(#"\n"#.utf8)
        case 0x0D: bytes += Array(#"\r"#.utf8)
        case 0x09: bytes += Array(#"\t"#.utf8)
        // PostgreSQL stores no U+0000; its picture U+2400 stands for it, so that a venue's odd message stops no account.
        case 0: bytes += Array(#"\u2400"#.utf8)
        case ..<0x20: bytes += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
        default: bytes.append(byte)
        }
    }
}

/// The text so far, and the containers that are open in it, outermost first.
private final class JSONWriter: Encoder {
    private struct Open {
        let id: Int
        let close: UInt8
        /// Where its first element begins.
        let start: Int
        var isEmpty = true
        /// Where the elements begin, when they are to be sorted.
        var sorted: [(key: String, start: Int)]?
    }

    private(set) var bytes: [UInt8] = []
    private var open: [Open] = []
    private var opened = 0
    let userInfo: [CodingUserInfoKey: Any] = [:]
    /// Errors of our own types do not tell where they were; keeping the path would cost an array per value.
    var codingPath: [any CodingKey] { [] }

    /// Dictionaries are written through a key type of the standard library that has no public name.
    private static let dictionaryKeys = KeyTypeProbe.dictionaryKeys

    init() { bytes.reserveCapacity(1024) }

    /// Writes a value and closes what it opened.
    func write(value: some Encodable) throws {
        let depth = open.count
        let start = bytes.count
        try value.encode(to: self)
        closeContainers(to: depth)
        // A value that encodes nothing is an empty object.
        if bytes.count == start { bytes += [UInt8(ascii: "{"), UInt8(ascii: "}")] }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let isDictionary = ObjectIdentifier(type) == Self.dictionaryKeys
        return KeyedEncodingContainer(JSONObject(writer: self, id: beginObject(isSorted: isDictionary)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { JSONArray(writer: self, id: beginArray()) }
    func singleValueContainer() -> any SingleValueEncodingContainer { JSONScalar(writer: self) }

    // MARK: Containers

    func beginObject(isSorted: Bool = false) -> Int {
        begin(UInt8(ascii: "{"), UInt8(ascii: "}"), sorted: isSorted ? [] : nil)
    }

    func beginArray() -> Int { begin(UInt8(ascii: "["), UInt8(ascii: "]"), sorted: nil) }

    private func begin(_ first: UInt8, _ last: UInt8, sorted: [(key: String, start: Int)]?) -> Int {
        bytes.append(first)
        opened += 1
        open.append(Open(id: opened, close: last, start: bytes.count, sorted: sorted))
        return opened
    }

    /// Makes room for the next element of a container, closing the ones inside it.
    func beginElement(of id: Int, key: String? = nil) {
        while let last = open.last, last.id != id { closeContainers(to: open.count - 1) }
        precondition(!open.isEmpty, "a container was written to after it was closed")
        let place = open.count - 1
        if !open[place].isEmpty { bytes.append(UInt8(ascii: ",")) }
        open[place].isEmpty = false
        guard let key else { return }
        open[place].sorted?.append((key, bytes.count))
        write(text: key)
        bytes.append(UInt8(ascii: ":"))
    }

    private func closeContainers(to depth: Int) {
        while open.count > depth, let container = open.popLast() {
            if let entries = container.sorted, entries.count > 1 { sort(entries, from: container.start) }
            bytes.append(container.close)
        }
    }

    private func sort(_ entries: [(key: String, start: Int)], from start: Int) {
        let ends = entries.dropFirst().map { $0.start - 1 } + [bytes.count]
        let parts = zip(entries, ends).map { (key: $0.key, text: bytes[$0.start..<$1]) }.sorted { $0.key < $1.key }
        bytes.replaceSubrange(start..., with: Array(parts.map(\.text).joined(separator: [UInt8(ascii: ",")])))
    }

    // MARK: Scalars

    func writeNull() { bytes.append(contentsOf: "null".utf8) }
    func write(flag: Bool) { bytes.append(contentsOf: (flag ? "true" : "false").utf8) }
    func write(integer number: some BinaryInteger) { bytes.append(contentsOf: number.description.utf8) }

    func write(number: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(
                number,
                EncodingError.Context(codingPath: [], debugDescription: "JSON has no number for \(number)")
            )
        }
        bytes.append(contentsOf: number.description.utf8)
    }

    func write(text: String) { CompactJSON.append(text, to: &bytes) }
}

private struct JSONObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    let id: Int
    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) { writer.beginElement(of: id, key: key.stringValue) }

    mutating func encodeNil(forKey key: Key) {
        begin(key)
        writer.writeNull()
    }

    mutating func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        writer.write(flag: value)
    }

    mutating func encode(_ value: String, forKey key: Key) {
        begin(key)
        writer.write(text: value)
    }

    mutating func encode(_ value: Int, forKey key: Key) {
        begin(key)
        writer.write(integer: value)
    }

    mutating func encode(_ value: Int64, forKey key: Key) {
        begin(key)
        writer.write(integer: value)
    }

    mutating func encode(_ value: Double, forKey key: Key) throws {
        begin(key)
        try writer.write(number: value)
    }

    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
        begin(key)
        try writer.write(value: value)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        begin(key)
        return writer.container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        begin(key)
        return writer.unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        writer.beginElement(of: id, key: "super")
        return writer
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder {
        begin(key)
        return writer
    }
}

private struct JSONArray: UnkeyedEncodingContainer {
    let writer: JSONWriter
    let id: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(writer: JSONWriter, id: Int) {
        self.writer = writer
        self.id = id
    }

    private mutating func begin() {
        count += 1
        writer.beginElement(of: id)
    }

    mutating func encodeNil() {
        begin()
        writer.writeNull()
    }

    mutating func encode(_ value: some Encodable) throws {
        begin()
        try writer.write(value: value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        begin()
        return writer.container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        begin()
        return writer.unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        begin()
        return writer
    }
}

private struct JSONScalar: SingleValueEncodingContainer {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() { writer.writeNull() }
    mutating func encode(_ value: Bool) { writer.write(flag: value) }
    mutating func encode(_ value: String) { writer.write(text: value) }
    mutating func encode(_ value: Double) throws { try writer.write(number: value) }
    mutating func encode(_ value: Float) throws { try writer.write(number: value) }
    mutating func encode(_ value: Int) { writer.write(integer: value) }
    mutating func encode(_ value: Int8) { writer.write(integer: value) }
    mutating func encode(_ value: Int16) { writer.write(integer: value) }
    mutating func encode(_ value: Int32) { writer.write(integer: value) }
    mutating func encode(_ value: Int64) { writer.write(integer: value) }
    mutating func encode(_ value: UInt) { writer.write(integer: value) }
    mutating func encode(_ value: UInt8) { writer.write(integer: value) }
    mutating func encode(_ value: UInt16) { writer.write(integer: value) }
    mutating func encode(_ value: UInt32) { writer.write(integer: value) }
    mutating func encode(_ value: UInt64) { writer.write(integer: value) }
    mutating func encode(_ value: some Encodable) throws { try writer.write(value: value) }
}

/// Finds out through which key type the standard library writes dictionaries.
private final class KeyTypeProbe: Encoder {
    static let dictionaryKeys: ObjectIdentifier? = {
        let probe = KeyTypeProbe()
        // The probe's containers are the writer's, which takes every text.
        try? [String: String]().encode(to: probe)
        return probe.found
    }()

    private var found: ObjectIdentifier?
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let codingPath: [any CodingKey] = []

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        found = ObjectIdentifier(type)
        let writer = JSONWriter()
        return KeyedEncodingContainer(JSONObject(writer: writer, id: writer.beginObject()))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { JSONWriter().unkeyedContainer() }
    func singleValueContainer() -> any SingleValueEncodingContainer { JSONWriter().singleValueContainer() }
}
