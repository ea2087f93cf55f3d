public import TradingDomain
public import YAMLNodes

/// A venue's accounts, symbols and habits, from a file.
///
/// ```yaml
/// accounts:
///   alpha:
///     key: alpha-key
///     secret: alpha-secret
///     balance: 50000
/// symbols:
///   - name: BTCUSDT
///   - name: SOLUSDT
///     base: SOL
///     tick: 0.01
///     step: 0.01
///     price: 180
/// ```
public struct VenueConfiguration: Sendable {
    public var settings: ExchangeSettings
    public var streams = StreamLimits()
    /// Where generated prices return to.
    public var anchors: [Symbol: Price] = [:]

    /// What holds without a file.
    public init() { settings = .standard }

    /// Reads a configuration, reporting everything that is wrong with its place.
    ///
    /// - Returns: `nil` when there are errors.
    public static func read(bytes: [UInt8], name: String, into diagnostics: Diagnostics) -> VenueConfiguration? {
        guard let node = YAMLReader.read(bytes: bytes, name: name, into: diagnostics).node else { return nil }
        let read = node.decode(as: "the venue's configuration", diagnostics) { reader -> VenueConfiguration in
            var configuration = VenueConfiguration()
            configuration.take(reader, diagnostics)
            return configuration
        }
        return diagnostics.hasErrors ? nil : read
    }

    private mutating func take(_ reader: MappingReader, _ diagnostics: Diagnostics) {
        let usual = settings
        settings.seed = UInt64(reader.value("seed", .int.atLeast(0), default: 1))
        settings.answerFirst = reader.value("answer_first", .bool, default: usual.answerFirst)
        settings.accountUpdateFirst = reader.value("account_update_first", .bool, default: usual.accountUpdateFirst)
        let counts = ScalarType.int.within(1...10_000_000)
        settings.weightPerMinute = reader.value("weight_per_minute", counts, default: usual.weightPerMinute)
        settings.ordersPerTenSeconds = reader.value(
            "orders_per_10_seconds",
            counts,
            default: usual.ordersPerTenSeconds
        )
        settings.ordersPerMinute = reader.value("orders_per_minute", counts, default: usual.ordersPerMinute)
        settings.listenKeySeconds = Int64(
            reader.value("listen_key_seconds", counts, default: Int(usual.listenKeySeconds))
        )
        streams.pingEvery = reader.value("ping_every", .duration, default: .seconds(180)).seconds
        streams.pongWithin = reader.value("pong_within", .duration, default: .seconds(600)).seconds
        streams.longest = reader.value("stream_age", .duration, default: .seconds(86_400)).seconds
        let accounts = reader.entries("accounts") { name, reader in Self.account(name, reader) }
        if !accounts.isEmpty { settings.accounts = accounts.map(\.value) }
        if let nodes = reader.sequence("symbols") {
            settings.symbols = nodes.compactMap { node in
                node.decode(as: "a symbol", diagnostics) { symbol($0) }
            }
        }
    }

    private static func account(_ name: String, _ reader: MappingReader) -> VenueAccount? {
        let key = reader.required("key", .nonEmptyText)
        let secret = reader.required("secret", .nonEmptyText)
        let share = ScalarType.decimal.within(FixedDecimal.zero...FixedDecimal(1))
        let balance = reader.value("balance", .decimal.atLeast(.zero), default: FixedDecimal(10_000))
        let maker = reader.value("maker_fee", share, default: FixedDecimal(units: 20_000))
        let taker = reader.value("taker_fee", share, default: FixedDecimal(units: 50_000))
        let leverage = reader.value("leverage", .int.within(1...125), default: 20)
        guard let key, let secret else { return nil }
        return VenueAccount(
            name: name,
            key: key,
            secret: secret,
            balances: ["USDT": balance],
            makerFee: maker,
            takerFee: taker,
            leverage: leverage
        )
    }

    /// One that is known by name, with what the file says otherwise; an unknown one needs its base, tick and step.
    private mutating func symbol(_ reader: MappingReader) -> VenueSymbol? {
        let name = reader.required("name", .ticker)
        let positive = ScalarType.decimal.atLeast(FixedDecimal(units: 1))
        let known = [VenueSymbol.bitcoin, .ether].first { $0.name == name }
        let base = known == nil ? reader.required("base", .nonEmptyText) : reader.text("base")
        let tick = known == nil ? reader.required("tick", positive) : reader.optional("tick", positive)
        let step = known == nil ? reader.required("step", positive) : reader.optional("step", positive)
        let notional = reader.optional("least_notional", positive)
        let price = reader.optional("price", positive)
        guard let name else { return nil }
        if let price { anchors[name] = Price(units: Int64(clamping: price.units)) }
        var symbol: VenueSymbol
        if let known {
            symbol = known
        } else {
            guard let base, let tick, let step else { return nil }
            symbol = VenueSymbol(
                name: name,
                base: base,
                tick: Price(units: Int64(clamping: tick.units)),
                lowestPrice: Price(units: Int64(clamping: tick.units)),
                highestPrice: Price(units: Int64(clamping: tick.units * 10_000_000)),
                step: Quantity(units: Int64(clamping: step.units)),
                mostQuantity: Quantity(units: Int64(clamping: step.units * 1_000_000)),
                mostMarketQuantity: Quantity(units: Int64(clamping: step.units * 200_000)),
                leastNotional: FixedDecimal(5),
                brackets: VenueSymbol.ether.brackets
            )
        }
        if let tick { symbol.tick = Price(units: Int64(clamping: tick.units)) }
        if let step {
            symbol.step = Quantity(units: Int64(clamping: step.units))
            symbol.leastQuantity = symbol.step
        }
        if let notional { symbol.leastNotional = notional }
        return symbol
    }
}
