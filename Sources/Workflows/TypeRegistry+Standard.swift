import TradingDomain

extension TypeRegistry {
    /// The types of trading that step types exchange.
    ///
    /// A record's fields are what expressions may read; a step type may
    /// keep more in a field of its own.
    public static var standard: TypeRegistry {
        var types = TypeRegistry()
        types.register(
            enumeration: "urgency",
            Urgency.allCases.map(\.rawValue),
            aliases: ["IMMEDIATE": Urgency.critical.rawValue]
        )
        types.register(enumeration: "side", Side.allCases.map(\.rawValue))
        types.register(
            enumeration: "action",
            TradeIntent.Action.allCases.map(\.rawValue) + ["TARGETS", "ABSTAIN"]
        )
        types.register(enumeration: "status", ItemStatus.allCases.map(\.rawValue))
        for record in standardRecords { types.register(record) }
        return types
    }

    private static var standardRecords: [RecordType] {
        [
            RecordType("market_context", [], isOpen: true),
            RecordType(
                "Position",
                [
                    .init("symbol", .ticker),
                    .init("quantity", .decimal, "signed: negative is short"),
                    .init("cost_basis", .money),
                    .init("realized", .money),
                ]
            ),
            RecordType(
                "Book",
                [
                    .init("snapshot_id", .text),
                    .init("as_of", .timestamp),
                    .init("equity", .money, "cash and the value of all positions"),
                    .init("cash", .money),
                    .init("positions", .list(.record("Position"))),
                ]
            ),
            RecordType(
                "Decision",
                [
                    .init("id", .text),
                    .init("action", .enumeration("action")),
                    .init("symbol", .optional(.ticker), "absent for TARGETS and ABSTAIN"),
                    .init("urgency", .optional(.enumeration("urgency"))),
                    .init("urgency_source", .optional(.text), "caller, regime, decision or default"),
                    .init("confidence", .optional(.decimal), "0 to 1"),
                    .init("document", .text, "the whole decision as smartexec.decision/1"),
                ]
            ),
            RecordType("ProposedOrder", orderFields),
            RecordType("ApprovedOrder", orderFields + [.init("digest", .text, "of what risk.check approved")]),
            RecordType(
                "Fill",
                [
                    .init("symbol", .ticker),
                    .init("side", .enumeration("side")),
                    .init("quantity", .decimal),
                    .init("price", .decimal),
                    .init("notional", .money),
                    .init("commission", .money),
                    .init("traded_at", .timestamp),
                ]
            ),
            RecordType(
                "Fills",
                [
                    .init("parent_order", .text),
                    .init("symbol", .ticker),
                    .init("side", .enumeration("side")),
                    .init("algorithm", .text),
                    .init("quantity", .decimal, "asked for"),
                    .init("filled_quantity", .decimal),
                    .init("average_price", .optional(.decimal), "absent when nothing filled"),
                    .init("status", .enumeration("status")),
                ]
            ),
            RecordType(
                "RunResult",
                [
                    .init("status", .enumeration("status"), "how the child run ended"),
                    .init("message", .text),
                ]
            ),
        ]
    }

    private static var orderFields: [RecordType.Field] {
        [
            .init("id", .text, "the same after a crash"),
            .init("symbol", .ticker),
            .init("side", .enumeration("side")),
            .init("quantity", .decimal),
            .init("reference_price", .decimal),
            .init("notional", .money),
            .init("urgency", .enumeration("urgency")),
            .init("document", .text, "the whole order"),
        ]
    }
}
