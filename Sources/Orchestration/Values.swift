import Crypto
import Foundation
import RiskRules
import TradingDomain
import Workflows

/// JSON as it is stored: keys sorted, so that the same value gives the same text.
enum StoredJSON {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// For what is written once and read back as a value: in one pass, its properties in the order of their declaration.
    static func write(_ value: some Encodable) throws -> String {
        String(decoding: try CompactJSON.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

/// SHA-256 of a text.
enum Digest {
    static func bytes(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }

    /// 64 lower-case hexadecimal digits.
    static func hex(_ text: String) -> String {
        bytes(text).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The first eight bytes as a number.
    static func seed(_ text: String) -> UInt64 { bytes(text).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension ProposedOrder {
    /// The record that expressions read; the whole order stands in `document`.
    func record() throws -> Value.Record { Value.Record("ProposedOrder", try fields()) }

    /// The record of an order that passed risk; `digest` leads to what was stored.
    func approvedRecord(digest: String) throws -> Value.Record {
        Value.Record("ApprovedOrder", try fields() + [("digest", .text(digest))])
    }

    private func fields() throws -> [(String, Value)] {
        [
            ("id", .text(key)),
            ("symbol", .ticker(symbol)),
            ("side", .text(side.rawValue)),
            ("quantity", .decimal(FixedDecimal(units: Int128(quantity.units)))),
            ("reference_price", .decimal(FixedDecimal(units: Int128(referencePrice.units)))),
            ("notional", .money(notional)),
            ("urgency", .text(urgency.rawValue)),
            ("document", .text(try StoredJSON.encode(self))),
        ]
    }

    init(_ value: Value) throws {
        guard let document = value.recordValue?["document"].textValue else {
            throw StepFailure(
                "bad_order",
                "An order without its document reached a step; this is a fault of the program."
            )
        }
        self = try StoredJSON.decode(ProposedOrder.self, document)
    }
}

extension ProposedOrder {
    /// The same order with a worst price, or with its own where that is tighter.
    func limited(to price: Price) -> ProposedOrder {
        let own = limitPrice ?? price
        var limited = ProposedOrder(
            instrument: instrument,
            side: side,
            quantity: quantity,
            referencePrice: referencePrice,
            urgency: urgency,
            urgencySource: urgencySource,
            decision: decision,
            limitPrice: side == .buy ? min(own, price) : max(own, price),
            note: note
        )
        limited.decisionKey = decisionKey
        return limited
    }
}

extension Position {
    var record: Value {
        .record(
            Value.Record(
                "Position",
                [
                    ("symbol", .ticker(symbol)),
                    ("quantity", .decimal(FixedDecimal(units: Int128(quantity.units)))),
                    ("cost_basis", .money(costBasis)),
                    ("realized", .money(realized)),
                ]
            )
        )
    }
}

extension StepCall {
    /// The symbol of a required ticker field.
    func ticker(_ name: String) throws -> Symbol {
        guard let symbol = inputs[name]?.tickerValue else { throw missing(name) }
        return symbol
    }

    func text(_ name: String) -> String? { inputs[name]?.textValue }

    func list(_ name: String) -> [Value] { inputs[name]?.listValue ?? [] }

    /// - Throws: `StepFailure` for an amount that no quantity can hold, or that is not greater than zero.
    func quantity(_ name: String) throws -> Quantity? {
        guard let value = inputs[name]?.decimalValue else { return nil }
        guard let units = Int64(exactly: value.units), units > 0 else {
            throw StepFailure("bad_quantity", "\(place): `\(name)` is \(value). Give an amount greater than zero.")
        }
        return Quantity(units: units)
    }

    func urgency(_ name: String) -> Urgency? { text(name).flatMap { Urgency(alias: $0) } }

    func missing(_ name: String) -> StepFailure {
        StepFailure("missing_input", "\(place): `\(name)` of \(uses) has no value.")
    }
}
