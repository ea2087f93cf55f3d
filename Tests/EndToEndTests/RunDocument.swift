import Foundation

/// The JSON of a run by the names that other programs use; every amount is a decimal string.
struct RunDocument: Decodable {
    struct Item: Decodable {
        let ticker: String
        let status: String
        let side: String?
        let algorithm: String?
        let quantity: String?
        let filled_quantity: String?
        let average_price: String?
        let arrival_price: String?
        let slippage_arrival_bps: Double?
        let slippage_vwap_bps: Double?
        let commission: String?
        let children: Int?
        let parent_order: String?
        let decision: String?
        let message: String
        let execution: Execution?
    }

    struct Execution: Decodable, Equatable {
        let total_quantity: String
        let avg_fill_price: String?
        let total_commission: String
        let num_slices: Int
        let fills: [Fill]
    }

    struct Fill: Decodable, Equatable {
        let timestamp: String
        let quantity: String
        let fill_price: String
        let commission: String
    }

    let run: String
    let status: String
    let items: [Item]

    init(_ text: String) throws { self = try JSONDecoder().decode(RunDocument.self, from: Data(text.utf8)) }

    /// Every fill of every item as one text, to compare runs byte by byte.
    var fills: String {
        items.map { item in
            let lines = (item.execution?.fills ?? []).map {
                "\($0.timestamp) \($0.quantity) \($0.fill_price) \($0.commission)"
            }
            return ([item.ticker] + lines).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

/// An exact sum of decimal strings.
func sum(_ texts: [String]) -> Decimal {
    texts.reduce(Decimal.zero) { $0 + (Decimal(string: $1, locale: Locale(identifier: "en_US_POSIX")) ?? .nan) }
}
