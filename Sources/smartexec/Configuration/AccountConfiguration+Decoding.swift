import ExecutionEngine
import TradingDomain
import YAMLNodes

extension AccountConfiguration {
    /// Absent keys were filled in from ``BuiltInConfiguration/account``, so only what has no default may be missing.
    static func decode(_ map: MappingReader) -> AccountConfiguration? {
        let broker = map.required("broker", .enumeration(Broker.self))
        let environment = map.required("environment", .enumeration(TradingEnvironment.self))
        let currency = map.required("currency", .currency)
        let cash = map.required("cash", .decimal.atLeast(.zero))
        let allowShort = map.required("allow_short", .bool)
        let limits = map.mapping("limits") { LimitsConfiguration.decode($0, currency) }
        let sets = map.entries("limit_sets") { name, set in
            if name == "default" {
                let help = "choose another name: `default` is the account's own limits"
                set.diagnostics.error("value", "`default` is taken", at: set.node.range, help: help)
            }
            return LimitSetConfiguration.decode(set, currency)
        }
        let slippage = map.mapping("slippage", SlippageSettings.decode)
        let isLive = map.optional("live", .bool) ?? false
        let venue = map.mapping("venue") { VenueConfiguration.decode($0, isLive: isLive) }
        if let broker { check(broker, venue, isLive, map) }
        if broker == .binance, venue == nil { return nil }
        if broker == .simulated, environment == .live, let node = map.node("environment") {
            let help = "write PAPER, or name a broker that trades for real"
            map.diagnostics.error("value", "a simulated account is never LIVE", at: node.range, help: help)
        }
        guard let broker, let environment, let currency, let cash, let allowShort, let limits, let slippage else {
            return nil
        }
        return AccountConfiguration(
            broker: broker,
            environment: venue.map { $0.place == .live ? .live : .paper } ?? environment,
            cash: Money(units: cash.units, currency),
            allowShort: allowShort,
            limits: limits,
            limitSets: Dictionary(sets.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
            slippage: slippage,
            venue: venue
        )
    }

    /// What a broker needs and what it cannot have.
    private static func check(
        _ broker: Broker,
        _ venue: VenueConfiguration?,
        _ isLive: Bool,
        _ map: MappingReader
    ) {
        let diagnostics = map.diagnostics
        switch broker {
        case .simulated:
            for key in ["venue", "live"] where map.node(key) != nil {
                let help = "take it out, or write `broker: binance`"
                diagnostics.error("value", "a simulated account has no `\(key)`", at: map.node.range, help: help)
            }
        case .binance:
            if map.node("venue") == nil {
                let help = "add `venue: { address: testnet }`"
                diagnostics.error("missing", "the account has no `venue`", at: map.node.range, help: help)
            }
            if let node = map.node("currency"), node.scalar?.text != "USDT" {
                diagnostics.error("value", "this broker's accounts are in USDT", at: node.range, help: "write USDT")
            }
            if venue?.place == .live, !isLive {
                let help = "write `live: true` beside `broker`, and run with --live, or use `address: testnet`"
                diagnostics.error("value", "real money must be asked for twice", at: map.node.range, help: help)
            }
            if let venue, venue.place != .live, isLive, let node = map.node("live") {
                diagnostics.error("value", "`live: true` is for `address: live`", at: node.range, help: "take it out")
            }
        }
    }
}

extension LimitSetConfiguration {
    static func decode(_ map: MappingReader, _ currency: Currency?) -> LimitSetConfiguration? {
        let notional = map.optional("max_order_notional", .positiveDecimal)
        return LimitSetConfiguration(
            maxPositionPercent: map.optional("max_position_percent", .positivePercentPoints(most: 10_000)),
            maxOrderNotional: currency.flatMap { currency in notional.map { Money(units: $0.units, currency) } },
            maxOrderQuantity: map.optional("max_order_quantity", .positiveQuantity),
            maxDailyLossPercent: map.optional("max_daily_loss_percent", .positivePercentPoints(most: 100)),
            maxGrossExposurePercent: map.optional("max_gross_exposure_percent", .positivePercentPoints(most: 10_000)),
            priceCollarBps: map.optional("price_collar_bps", .positivePercentPoints(most: 10_000)),
            restricted: map.list("restricted", .ticker) ?? [],
            shrinkToFit: map.optional("shrink_to_fit", .bool)
        )
    }
}

extension LimitsConfiguration {
    static func decode(_ map: MappingReader, _ currency: Currency?) -> LimitsConfiguration? {
        let position = map.required("max_position_percent", .positivePercentPoints(most: 10_000))
        let notional = map.optional("max_order_notional", .positiveDecimal)
        let quantity = map.optional("max_order_quantity", .positiveQuantity)
        let loss = map.required("max_daily_loss_percent", .positivePercentPoints(most: 100))
        let gross = map.required("max_gross_exposure_percent", .positivePercentPoints(most: 10_000))
        let collar = map.required("price_collar_bps", .positivePercentPoints(most: 10_000))
        let reserve = map.required("cash_reserve_percent", .percentPoints(0...100))
        let parents = map.optional("max_open_parents", .int.atLeast(1))
        let shrink = map.required("shrink_to_fit", .bool)
        let restricted = map.list("restricted", .ticker) ?? []
        guard let position, let loss, let gross, let collar, let reserve, let shrink, let currency else { return nil }
        return LimitsConfiguration(
            maxPositionPercent: position,
            maxOrderNotional: notional.map { Money(units: $0.units, currency) },
            maxOrderQuantity: quantity,
            maxDailyLossPercent: loss,
            maxGrossExposurePercent: gross,
            priceCollarBps: collar,
            cashReservePercent: reserve,
            maxOpenParents: parents,
            shrinkToFit: shrink,
            restricted: restricted
        )
    }
}

extension SlippageSettings {
    static func decode(_ map: MappingReader) -> SlippageSettings? {
        let limit = map.required("limit_bps", .positivePercentPoints(most: 10_000))
        let floor = map.optional("floor_bps", .positivePercentPoints(most: 10_000))
        let ceiling = map.optional("ceiling_bps", .positivePercentPoints(most: 50_000))
        let adaptive = map.required("adaptive_threshold", .bool)
        let action = map.required("action", .enumeration(SlippageAction.self))
        let exempt = map.required("exempt_reductions", .bool)
        guard let limit, let adaptive, let action, let exempt else { return nil }
        do {
            return try SlippageSettings(
                limitBps: limit.approximate,
                floorBps: floor?.approximate,
                ceilingBps: ceiling?.approximate,
                adaptiveThreshold: adaptive,
                action: action,
                exemptReductions: exempt
            )
        } catch {
            let help = "keep floor_bps ≤ limit_bps ≤ ceiling_bps; left out, they are half and five times of the limit"
            let range = map.node(error.key)?.range ?? map.node.range
            map.diagnostics.error("value", "\(error)", at: range, help: help)
            return nil
        }
    }
}
