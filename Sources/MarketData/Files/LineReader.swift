internal import CZlib

/// Reads a plain or gzip'd text file line by line through zlib, in constant memory.
///
/// zlib rather than a `gunzip` child: no process per file, the data may stop early without a broken pipe, and a
/// damaged file is told from a short one. zlib reads a file that is not compressed as it is.
final class LineReader {
    let file: String
    /// Of the line last read, from 1; 0 before the first.
    private(set) var line = 0

    private let handle: gzFile
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity = 1 << 17
    /// A line is a row of numbers; one longer than this is no data of ours but a file without line ends.
    private static let longestLine = 1 << 22
    private var position = 0
    private var filled = 0
    private var atEnd = false
    /// What ended the file early; thrown once the lines before it are read.
    private var failure: MarketDataError?

    /// - Throws: A ``MarketDataError`` `file_unreadable` when the file cannot be opened.
    init(_ file: String) throws(MarketDataError) {
        guard let handle = gzopen(file, "rb") else {
            throw MarketDataError(
                code: "file_unreadable",
                file: file,
                message: "Cannot open the file. Check that it exists and may be read."
            )
        }
        gzbuffer(handle, 1 << 17)
        self.file = file
        self.handle = handle
        buffer = .allocate(capacity: capacity)
    }

    deinit {
        gzclose(handle)
        buffer.deallocate()
    }

    /// Reads the next line, without its line end.
    ///
    /// - Returns: Bytes that are valid until the next call and the caller's to change; `nil` at the end of the file.
    /// - Throws: `truncated_gzip` when compressed data stop early, `damaged_gzip` when they do not check.
    func next() throws(MarketDataError) -> UnsafeMutableBufferPointer<UInt8>? {
        var searched = position
        while true {
            if let end = newline(from: searched) {
                return take(upTo: end, skipping: 1)
            }
            if atEnd {
                if let failure { throw at(failure) }
                return position < filled ? take(upTo: filled, skipping: 0) : nil
            }
            searched = filled - position
            try fill()
        }
    }

    private func newline(from start: Int) -> Int? {
        var index = start
        while index < filled {
            if buffer[index] == UInt8(ascii: "\n") { return index }
            index += 1
        }
        return nil
    }

    private func take(upTo end: Int, skipping lineEnd: Int) -> UnsafeMutableBufferPointer<UInt8> {
        var length = end - position
        if length > 0, buffer[end - 1] == UInt8(ascii: "\r") { length -= 1 }
        let bytes = UnsafeMutableBufferPointer(start: buffer + position, count: length)
        position = end + lineEnd
        line += 1
        return bytes
    }

    /// Moves the unread rest to the front and reads more behind it.
    private func fill() throws(MarketDataError) {
        let rest = filled - position
        if position > 0 { buffer.update(from: buffer + position, count: rest) }
        position = 0
        filled = rest
        if filled == capacity { try grow() }
        let wanted = UInt32(capacity - filled)
        let count = gzread(handle, buffer + filled, wanted)
        filled += Int(max(0, count))
        // Fewer bytes than asked for: the end, or an error that zlib keeps.
        if count < Int32(wanted) { finish() }
    }

    private func grow() throws(MarketDataError) {
        guard capacity < Self.longestLine else {
            throw MarketDataError(
                code: "line_too_long",
                file: file,
                line: line + 1,
                message: "The line is longer than \(Self.longestLine) bytes. Is this a CSV file?"
            )
        }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        larger.update(from: buffer, count: filled)
        buffer.deallocate()
        buffer = larger
        capacity *= 2
    }

    private func finish() {
        atEnd = true
        var code: Int32 = Z_OK
        let text = gzerror(handle, &code).map { String(cString: $0) } ?? ""
        if code == Z_BUF_ERROR {
            failure = MarketDataError(
                code: "truncated_gzip",
                file: file,
                message: "The compressed file ends early, in this line. Copy or download it again."
            )
        } else if code != Z_OK, code != Z_STREAM_END {
            failure = MarketDataError(
                code: "damaged_gzip",
                file: file,
                message: "The compressed data are damaged near this line (\(text)). Copy or download the file again."
            )
        }
    }

    private func at(_ failure: MarketDataError) -> MarketDataError {
        MarketDataError(code: failure.code, file: file, line: line + 1, message: failure.message)
    }
}
