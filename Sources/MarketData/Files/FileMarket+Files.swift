internal import Foundation
internal import TradingDomain

extension FileMarket {
    /// Files by symbol, each list ordered by days and name; a name of several venues or contracts is qualified.
    static func series(_ files: [MarketFile]) -> [(Symbol, [MarketFile])] {
        var groups: [String: [String: [MarketFile]]] = [:]
        for file in files {
            let qualifier = (file.name.market.map { "-\($0)" } ?? "") + (file.name.venue.map { ".\($0)" } ?? "")
            groups[file.name.symbol, default: [:]][qualifier, default: []].append(file)
        }
        var series: [(Symbol, [MarketFile])] = []
        for (name, qualified) in groups.sorted(by: { $0.key < $1.key }) {
            for (qualifier, files) in qualified.sorted(by: { $0.key < $1.key }) {
                guard let symbol = Symbol(qualified.count == 1 ? name : name + qualifier) else { continue }
                let ordered = files.sorted { left, right in
                    let first = left.name.days?.lowerBound.daysSinceEpoch ?? .min
                    let second = right.name.days?.lowerBound.daysSinceEpoch ?? .min
                    return (first, left.path) < (second, right.path)
                }
                series.append((symbol, ordered))
            }
        }
        return series
    }

    /// The kind of trade bars of the shortest length; trades where there are no bars.
    static func shortest(_ files: [MarketFile]) -> MarketFileKind? {
        func length(_ kind: MarketFileKind) -> Int64? {
            switch kind {
            case .tradeBars(let span): span
            case .dailyBars: 86_400_000_000_000
            case .tapeTrades, .venueTrades, .shownOrders: .max
            case .quoteBars, .tapeQuotes, .bestQuotes, .depthFeed, .bookSnapshots: nil
            }
        }
        return files.compactMap { file in length(file.kind).map { (file.kind, $0) } }.min { $0.1 < $1.1 }?.0
    }

    /// Files that show books: feeds of differences, and snapshots of days that no such feed has.
    static func books(_ files: [MarketFile]) -> [MarketFile] {
        let feeds = files.filter { $0.kind == .depthFeed }
        return feeds
            + files.filter { file in
                file.kind == .bookSnapshots && !feeds.contains { $0.name.overlaps(file.name) }
            }
    }

    static func shortestQuoteBars(_ files: [MarketFile]) -> [MarketFile] {
        func length(_ file: MarketFile) -> Int64? {
            if case .quoteBars(let span) = file.kind { span } else { nil }
        }
        guard let shortest = files.compactMap(length).min() else { return [] }
        return files.filter { length($0) == shortest }
    }

    static func clock(_ files: [MarketFile]) throws -> EventClock {
        for file in files {
            switch file.kind {
            case .venueTrades:
                if let row = try MarketFileReader<VenueTradeRow>(file.path).next(), row.times.exchange == nil {
                    return .recorder
                }
            case .bestQuotes:
                if let row = try MarketFileReader<BestQuoteRow>(file.path).next(), row.times.exchange == nil {
                    return .recorder
                }
            case .depthFeed:
                if let row = try MarketFileReader<DepthRow>(file.path).next(), row.times.exchange == nil {
                    return .recorder
                }
            case .bookSnapshots:
                if let row = try MarketFileReader<BookSnapshotRow>(file.path).next(), row.times.exchange == nil {
                    return .recorder
                }
            case .tradeBars, .quoteBars, .dailyBars, .tapeTrades, .tapeQuotes, .shownOrders: continue
            }
        }
        return .venue
    }

    /// The last bytes of a file; nothing of one that cannot be read, which shows when its rows are.
    private static func tail(_ path: String) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else { return [] }
        let end = (try? handle.seekToEnd()) ?? 0
        let most: UInt64 = 4096
        guard (try? handle.seek(toOffset: end > most ? end - most : 0)) != nil else { return [] }
        return Array((try? handle.readToEnd()) ?? Data())
    }

    /// Folder names for people and a 64-bit FNV-1a hash of names, sizes and tails, so that a moved folder keeps it.
    static func fingerprint(_ labels: [String], _ files: [MarketFile]) -> String {
        var words: [String] = []
        for label in labels {
            words += label.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.map(String.init)
        }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        // A gzip file ends in the checksum of its content, so its tail tells contents apart.
        let entries = files.map { file in
            Array("\(URL(filePath: file.path).lastPathComponent) \(file.size)\n".utf8) + tail(file.path)
        }
        for byte in entries.sorted(by: { $0.lexicographicallyPrecedes($1) }).joined() {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        let label = words.joined(separator: "-").prefix(24)
        return label + "-" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
