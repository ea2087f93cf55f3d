public import TradingDomain

/// The latest of each asset for whoever asks by name: price, book, recent trades, instrument facts (MD-5).
///
/// What is older than ``Settings/ttl`` is not given out, and what is older than ``Settings/refresh`` is due to be asked of its
/// source again. It holds at most ``Settings/capacity`` assets: of more, the one that was looked at least recently leaves.
/// The default symbols stay. `BTC/USDT` and `BTCUSDT` are one asset; `005930` keeps its zeros, since names are text.
public struct AssetCacheManager: Sendable {
    /// Bounds of the cache.
    public struct Settings: Hashable, Sendable {
        /// How long what is known may be given out.
        public var ttl = Duration.seconds(60)
        /// After this an asset is due to be asked for again.
        public var refresh = Duration.seconds(5)
        /// Most assets, the default symbols included; 1 or more.
        public var capacity = 256
        /// Most trades that are kept of an asset.
        public var trades = 50
        /// Known from the start and never forgotten.
        public var symbols = ["BTC/USDT", "ETH/USDT"].compactMap { Symbol($0) }

        public init() {}
    }

    /// What is known of one asset.
    public struct Asset: Hashable, Sendable {
        /// Its name as it was first told.
        public let symbol: Symbol
        public internal(set) var instrument: Instrument?
        public internal(set) var quote: Quote?
        public internal(set) var depth: BookDepth?
        public internal(set) var price: Price?
        /// Newest last.
        public internal(set) var trades: [Trade] = []
        /// When anything was last told of it.
        public internal(set) var updatedAt: Timestamp?
        fileprivate var usedAt: Int

        fileprivate init(symbol: Symbol, usedAt: Int) {
            self.symbol = symbol
            self.usedAt = usedAt
        }
    }

    public let settings: Settings
    /// By name without its slash.
    private var assets: [String: Asset] = [:]
    private let pinned: Set<String>
    /// Counts uses, so that the order of forgetting needs no clock.
    private var uses = 0

    public init(_ settings: Settings = Settings()) {
        precondition(settings.capacity > 0, "capacity must be positive, was \(settings.capacity)")
        self.settings = settings
        pinned = Set(settings.symbols.map { Self.name($0) })
        for symbol in settings.symbols { touch(symbol) }
    }

    /// The name under which an asset is kept: the slash between base and quote currency does not count.
    public static func name(_ symbol: Symbol) -> String { symbol.text.replacing("/", with: "") }

    public var count: Int { assets.count }

    /// Takes an event that has passed the quality gate.
    public mutating func apply(_ event: MarketEvent) {
        let name = touch(event.symbol)
        guard var asset = assets.removeValue(forKey: name) else { return }
        if let known = asset.updatedAt, event.at < known, !event.isTrade {
            assets[name] = asset
            return
        }
        switch event {
        case .quote(let quote):
            asset.quote = quote
            if quote.isUsable { asset.price = quote.mid }
        case .depth(let depth):
            asset.depth = depth
        case .trade(let trade):
            asset.trades.append(trade)
            if asset.trades.count > settings.trades { asset.trades.removeFirst(asset.trades.count - settings.trades) }
            if asset.quote?.isUsable != true { asset.price = trade.price }
        case .bar(let bar):
            if asset.quote?.isUsable != true { asset.price = bar.close }
        }
        asset.updatedAt = max(asset.updatedAt ?? event.at, event.at)
        assets[name] = asset
    }

    /// Keeps the facts of an instrument; they do not grow old.
    public mutating func learn(_ instrument: Instrument) {
        let name = touch(instrument.symbol)
        assets[name]?.instrument = instrument
    }

    /// What is known of an asset and not older than the time to live; facts of the instrument stay.
    ///
    /// - Returns: `nil` for an asset that is not held.
    public mutating func asset(_ symbol: Symbol, at now: Timestamp) -> Asset? {
        let name = Self.name(symbol)
        guard assets[name] != nil else { return nil }
        touch(symbol)
        guard var asset = assets[name] else { return nil }
        if isOlder(asset, than: settings.ttl, at: now) {
            (asset.quote, asset.depth, asset.price, asset.trades) = (nil, nil, nil, [])
        }
        return asset
    }

    /// The symbols whose data is due to be asked for again, in alphabetical order.
    public func due(at now: Timestamp) -> [Symbol] {
        assets.values.filter { isOlder($0, than: settings.refresh, at: now) }.map(\.symbol).sorted()
    }

    private func isOlder(_ asset: Asset, than age: Duration, at now: Timestamp) -> Bool {
        asset.updatedAt.map { now - $0 > age } ?? true
    }

    /// Makes sure that an asset is held, as the one used last, and returns its name.
    @discardableResult
    private mutating func touch(_ symbol: Symbol) -> String {
        let name = Self.name(symbol)
        uses += 1
        if assets[name] != nil {
            assets[name]?.usedAt = uses
            return name
        }
        assets[name] = Asset(symbol: symbol, usedAt: uses)
        let loose = assets.filter { !pinned.contains($0.key) && $0.key != name }
        if assets.count > settings.capacity, let oldest = loose.min(by: { $0.value.usedAt < $1.value.usedAt }) {
            assets[oldest.key] = nil
        }
        return name
    }
}

extension MarketEvent {
    fileprivate var isTrade: Bool { if case .trade = self { true } else { false } }
}
