/// Values for the C library, some of them null, in one block of memory that lives as long as this object.
///
/// Unchecked, but safe: nothing changes the block after it was made, and it goes with the last reference.
final class CStrings: @unchecked Sendable {
    /// Points into the block; valid only while this object is kept alive.
    let pointers: [UnsafePointer<CChar>?]
    /// The length of each value in bytes, which libpq reads of binary ones only.
    let lengths: [Int32]
    /// 1 for a binary value, 0 for a C string.
    let formats: [Int32]
    private let block: UnsafeMutablePointer<CChar>

    /// Copies `strings`.
    convenience init(_ strings: [String]) {
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        for string in strings {
            offsets.append(bytes.count)
            bytes.append(contentsOf: string.utf8)
            bytes.append(0)
        }
        let zeros = [Int32](repeating: 0, count: strings.count)
        self.init(bytes: bytes, offsets: offsets, lengths: zeros, formats: zeros)
    }

    /// Copies the wire forms of `values`, null for NULL.
    ///
    /// - Throws: ``PostgresError/invalidParameter(index:problem:)``.
    convenience init(_ values: [PostgresValue]) throws(PostgresError) {
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        for (index, value) in values.enumerated() {
            let start = bytes.count
            offsets.append(try value.encode(into: &bytes, index: index + 1) ? start : nil)
            lengths.append(Int32(bytes.count - start))
        }
        self.init(bytes: bytes, offsets: offsets, lengths: lengths, formats: values.map { $0.isBinary ? 1 : 0 })
    }

    private init(bytes: [UInt8], offsets: [Int?], lengths: [Int32], formats: [Int32]) {
        let block = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, bytes.count))
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: block, count: bytes.count).copyMemory(from: $0) }
        self.block = block
        self.lengths = lengths
        self.formats = formats
        pointers = offsets.map { offset in offset.map { UnsafePointer(block + $0) } }
    }

    deinit { block.deallocate() }
}
