import Foundation
import TradingDomain

/// Watchlists: text files with one ticker a line, `#` for comments.
enum Watchlists {
    /// Every list of the folder `watchlists` by its name; unreadable ones are left out and refused when asked for.
    static func all() -> [String: [Symbol]] {
        let folder = "watchlists"
        // No folder: no lists.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [:] }
        var lists: [String: [Symbol]] = [:]
        for name in names where name.hasSuffix(".txt") {
            // A list that cannot be read is reported when it is asked for by its path.
            lists[String(name.dropLast(4))] = try? read("\(folder)/\(name)")
        }
        return lists
    }

    /// The tickers of a file, each once, in the order written.
    ///
    /// - Throws: ``CommandFailure`` naming file and line.
    static func read(_ path: String) throws -> [Symbol] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.usage, "\(path): the watchlist cannot be read. Check that it exists.")
        }
        var symbols: [Symbol] = []
        // Editors of other systems begin a file with a byte order mark and end lines with a carriage return.
        let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
        let lines = String(decoding: bytes, as: UTF8.self).unicodeScalars
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() {
            let text = line.prefix { $0 != "#" }
            for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
                guard let symbol = Symbol(word) else {
                    let word = word.count > 40 ? "\(word.prefix(40))…" : "\(word)"
                    throw CommandFailure(
                        .usage,
                        "\(path):\(index + 1): '\(word)' is no ticker: 1 to 24 of A-Z, 0-9 and . ^ / = _ -"
                    )
                }
                if !symbols.contains(symbol) { symbols.append(symbol) }
            }
        }
        guard !symbols.isEmpty else { throw CommandFailure(.usage, "\(path): the watchlist holds no ticker.") }
        return symbols
    }
}
