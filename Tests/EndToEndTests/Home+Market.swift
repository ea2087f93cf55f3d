import Foundation

extension Home {
    /// Writes two sessions of made-up minutes, 2019-02-14 and the day after, for names without a recording.
    ///
    /// - Parameters:
    ///   - names: A list of names, each with prices of its own by its place.
    ///   - first: The place of the first that is written.
    /// - Returns: The folder, for `--data`.
    /// - Throws: When a file cannot be written.
    func writeMarket(_ names: [String], from first: Int = 0) async throws -> String {
        let folder = "\(folder)/generated"
        // It takes a while.
        try await onOwnThread { try Self.writeMarket(names, from: first, in: folder) }
        return folder
    }

    private static func writeMarket(_ names: [String], from first: Int, in folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (index, name) in names.enumerated() where index >= first {
            var cents = 1_500 + index * 7
            var text = "ts,open,high,low,close,volume\n"
            for day in ["2019-02-14", "2019-02-15"] {
                for minute in 0..<390 {
                    // A small step to and fro that differs by name: prices have to move for there to be volatility.
                    let next = max(1_000, cents + (minute * 31 + index * 17) % 7 - 3)
                    let (high, low) = (max(cents, next), min(cents, next))
                    let stamp = String(format: "%@T%02d:%02d:00.000Z", day, 14 + (30 + minute) / 60, (30 + minute) % 60)
                    let prices = [cents, high, low, next].map { String(format: "%d.%02d", $0 / 100, $0 % 100) }
                    text += "\(stamp),\(prices.joined(separator: ",")),\(20_000 + (minute * 13 + index) % 5_000)\n"
                    cents = next
                }
            }
            let file = "\(folder)/\(name)_20190214-20190215_trade_1m.csv"
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        }
    }
}
