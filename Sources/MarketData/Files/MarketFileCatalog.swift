internal import Foundation
internal import TradingDomain

/// One file that a market is read from.
struct MarketFile: Hashable {
    let path: String
    let name: MarketFileName
    let kind: MarketFileKind
    let size: Int
}

/// A file of a data folder that is not used, and why.
public struct IgnoredMarketFile: Hashable, Sendable {
    public let path: String
    public let reason: String
}

/// The market data files of some folders, by what their names and headers say.
struct MarketFileCatalog {
    private(set) var files: [MarketFile] = []
    private(set) var ignored: [IgnoredMarketFile] = []
    /// Last parts of the paths given, for titles.
    private(set) var labels: [String] = []

    /// - Parameter paths: Folders, whose files are taken but not their folders', or single files.
    /// - Throws: `data_not_found`, `no_market_data`, `file_unreadable`, or what is wrong with a header that is needed.
    init(_ paths: [String]) throws(MarketDataError) {
        var seen: Set<String> = []
        for path in paths {
            let url = URL(filePath: path).standardizedFileURL
            labels.append(Self.stem(url.lastPathComponent))
            for file in try Self.list(path) where seen.insert(URL(filePath: file).standardizedFileURL.path).inserted {
                try add(file)
            }
        }
        guard !files.isEmpty else { throw Self.nothingFound(paths, ignored) }
    }

    private static func list(_ path: String) throws(MarketDataError) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw MarketDataError(
                code: "data_not_found",
                file: path,
                message: "There is no such file or folder. Name a folder of market data files."
            )
        }
        guard isFolder.boolValue else { return [path] }
        do {
            let folder = path.hasSuffix("/") ? path : path + "/"
            return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
                .map { folder + $0 }
        } catch {
            throw MarketDataError(code: "file_unreadable", file: path, message: "Cannot list the folder: \(error).")
        }
    }

    private static func stem(_ name: String) -> String {
        for ending in [".csv.gz", ".csv"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return name
    }

    private mutating func add(_ path: String) throws(MarketDataError) {
        let file = URL(filePath: path).lastPathComponent
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else { return }
        guard Self.stem(file) != file else { return ignore(path, "it is not a .csv or .csv.gz file") }
        let name = MarketFileName(Self.stem(file))
        guard Symbol(name.symbol) != nil else { return ignore(path, "'\(name.symbol)' is not a symbol") }
        guard !name.symbol.hasSuffix("_PERP") else {
            return ignore(path, "an inverse contract (coin-margined) cannot be priced by quantity × price")
        }
        var kind = name.kind
        if kind == nil { kind = try Self.kindByHeader(path, name) }
        guard let kind else {
            return ignore(
                path,
                name.rest == ["orders", "L3"]
                    ? "single orders are not replayed; the book beside them is"
                    : "neither its name nor its header says that it holds bars, quotes, trades or a book"
            )
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
        files.append(MarketFile(path: path, name: name, kind: kind, size: size))
    }

    private mutating func ignore(_ path: String, _ reason: String) {
        ignored.append(IgnoredMarketFile(path: path, reason: reason))
    }

    /// For `AAPL.csv`, `AAPL_20190215.csv` and `…_trades`; other names that we do not know mean other formats.
    private static func kindByHeader(_ path: String, _ name: MarketFileName) throws(MarketDataError) -> MarketFileKind?
    {
        guard name.rest.isEmpty || name.rest == ["trades"] else { return nil }
        let csv = try CSVReader(path)
        let columns = Set(csv.header)
        if columns.isSuperset(of: ["trade_id", "price", "size"]) { return .venueTrades }
        if columns.isSuperset(of: ["ts_ns", "price", "size", "conditions"]) {
            return columns.contains("side") ? .tapeQuotes : .tapeTrades
        }
        if columns.isSuperset(of: ["bid_price", "ask_price", "update_id"]) { return .bestQuotes }
        if columns.isSuperset(of: ["date", "open", "close"]) { return .dailyBars }
        if columns.isSuperset(of: ["ts", "open", "close"]) { return .tradeBars(try shortestGap(csv)) }
        if columns.isSuperset(of: ["ts", "bid_close", "ask_close"]) { return .quoteBars(try shortestGap(csv)) }
        return nil
    }

    /// The length of bars whose name does not tell it: the shortest step of the first 500 rows.
    private static func shortestGap(_ csv: CSVReader) throws(MarketDataError) -> Int64 {
        let column = try csv.column("ts")
        var last: Timestamp?
        var gap = Int64.max
        var rows = 0
        while rows < 500, try csv.next() {
            rows += 1
            let time = try csv.time(column)
            if let last, time > last { gap = min(gap, (time - last).nanoseconds) }
            last = time
        }
        guard gap < Int64.max else {
            throw MarketDataError(
                code: "unknown_bar_length",
                file: csv.file,
                message: "The length of the bars cannot be told from fewer than two rows. "
                    + "Name the file like AAPL_20190211-20190215_trade_1m.csv."
            )
        }
        return gap
    }

    private static func nothingFound(_ paths: [String], _ ignored: [IgnoredMarketFile]) -> MarketDataError {
        let example = ignored.first.map { " \($0.path) is not used: \($0.reason)." } ?? ""
        return MarketDataError(
            code: "no_market_data",
            file: paths.first,
            message:
                "No market data file found in \(paths.joined(separator: ", ")) (\(ignored.count) other files).\(example) "
                + "Name a folder with files like AAPL_20190211-20190215_trade_1m.csv.gz; folders inside it are not searched."
        )
    }
}
