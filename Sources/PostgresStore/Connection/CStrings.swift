/// C strings, some of them null, in one block of memory that lives as long as this object.
final class CStrings {
    /// Points into the block; valid only while this object is kept alive.
    let pointers: [UnsafePointer<CChar>?]
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
        self.init(bytes: bytes, offsets: offsets)
    }

    /// Copies the text forms of `values`, null for NULL.
    ///
    /// - Throws: ``PostgresError/invalidParameter(index:problem:)``.
    convenience init(_ values: [PostgresValue]) throws(PostgresError) {
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        offsets.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            let start = bytes.count
            offsets.append(try value.encode(into: &bytes, index: index + 1) ? start : nil)
        }
        self.init(bytes: bytes, offsets: offsets)
    }

    private init(bytes: [UInt8], offsets: [Int?]) {
        let block = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, bytes.count))
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: block, count: bytes.count).copyMemory(from: $0) }
        self.block = block
        pointers = offsets.map { offset in offset.map { UnsafePointer(block + $0) } }
    }

    deinit { block.deallocate() }
}
