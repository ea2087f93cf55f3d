import Foundation
import TradingDomain

extension DecisionRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case schema, kind, symbols, deadline, environment, slot, context, portfolio, market, allowed, budget
        case requestID = "request_id"
        case asOf = "as_of"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let schema = try container.decode(String.self, forKey: .schema)
        guard schema == Self.schema else {
            throw DecodingError.dataCorruptedError(
                forKey: .schema,
                in: container,
                debugDescription: "'\(schema)' is not '\(Self.schema)'"
            )
        }
        let market = try container.decode([String: Market].self, forKey: .market)
        let allowed = try container.decodeIfPresent([String: [String: Allowance]].self, forKey: .allowed) ?? [:]
        self.init(
            requestID: try container.decode(String.self, forKey: .requestID),
            kind: try container.decode(Kind.self, forKey: .kind),
            symbols: try container.decode([Symbol].self, forKey: .symbols),
            asOf: try container.decode(Timestamp.self, forKey: .asOf),
            deadline: try container.decode(Timestamp.self, forKey: .deadline),
            environment: try container.decode(TradingEnvironment.self, forKey: .environment),
            slot: try container.decodeIfPresent(String.self, forKey: .slot),
            context: try container.decode(Context.self, forKey: .context),
            portfolio: try container.decodeIfPresent(Portfolio.self, forKey: .portfolio),
            market: try Self.keyed(market, container, .market) { Symbol($0) },
            allowed: try Self.keyed(allowed, container, .allowed) { Symbol($0) }
                .mapValues { try Self.keyed($0, container, .allowed) { TradeIntent.Action(rawValue: $0) } },
            budget: try container.decodeIfPresent(Budget.self, forKey: .budget)
        )
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.schema, forKey: .schema)
        try container.encode(requestID, forKey: .requestID)
        try container.encode(kind, forKey: .kind)
        try container.encode(symbols, forKey: .symbols)
        try container.encode(asOf, forKey: .asOf)
        try container.encode(deadline, forKey: .deadline)
        try container.encode(environment, forKey: .environment)
        try container.encodeIfPresent(slot, forKey: .slot)
        try container.encode(context, forKey: .context)
        // Written as null when absent: an agent must see that it was given no portfolio.
        try container.encode(portfolio, forKey: .portfolio)
        try container.encode(Self.named(market) { $0.text }, forKey: .market)
        try container.encode(
            Self.named(allowed) { $0.text }.mapValues { Self.named($0) { $0.rawValue } },
            forKey: .allowed
        )
        try container.encodeIfPresent(budget, forKey: .budget)
    }

    /// The request as one line of JSON with sorted members: what is sent, and what is stored.
    ///
    /// - Throws: An encoding error when a number of the context is not finite.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    private static func named<Key: Hashable, Value>(_ table: [Key: Value], _ name: (Key) -> String) -> [String: Value] {
        var result: [String: Value] = [:]
        for (key, value) in table { result[name(key)] = value }
        return result
    }

    private static func keyed<Key: Hashable, Value>(
        _ table: [String: Value],
        _ container: KeyedDecodingContainer<CodingKeys>,
        _ field: CodingKeys,
        _ read: (String) -> Key?
    ) throws -> [Key: Value] {
        var result: [Key: Value] = [:]
        for (name, value) in table {
            guard let key = read(name) else {
                throw DecodingError.dataCorruptedError(
                    forKey: field,
                    in: container,
                    debugDescription: "'\(name)' is not accepted here"
                )
            }
            result[key] = value
        }
        return result
    }
}
