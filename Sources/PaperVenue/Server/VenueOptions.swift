import Foundation
import MarketData
import TradingDomain
import YAMLNodes

/// What someone who starts a venue may choose, as files and numbers.
public struct VenueOptions: Sendable {
    public var port = 0
    public var stateFolder: String?
    /// A file of accounts and symbols.
    public var configuration: String?
    /// Recordings to replay; without any the market is generated.
    public var data: [String] = []
    public var seed: UInt64?
    public var clockFactor = 1
    /// A fault schedule's file.
    public var faults: String?
    public var adminToken = "test-admin"

    public init() {}

    /// Reads the files.
    ///
    /// - Throws: ``VenueInputError``, or a `MarketDataError` of the recordings.
    public func setup() throws -> VenueSetup {
        var configuration = VenueConfiguration()
        if let path = self.configuration {
            configuration = try Self.read(path) { VenueConfiguration.read(bytes: $0, name: path, into: $1) }
        }
        if let seed { configuration.settings.seed = seed }
        var faults = FaultSchedule(seed: configuration.settings.seed)
        if let path = self.faults {
            faults = try Self.read(path) { FaultSchedule.read(bytes: $0, name: path, into: $1) }
        }
        let tape = try self.tape(configuration)
        var setup = VenueSetup(settings: configuration.settings, tape: tape)
        setup.port = port
        setup.stateFolder = stateFolder
        setup.faults = faults
        setup.clockFactor = clockFactor
        setup.streams = configuration.streams
        setup.adminToken = adminToken
        return setup
    }

    private static func read<Value>(
        _ path: String,
        _ decode: ([UInt8], Diagnostics) -> Value?
    ) throws(VenueInputError) -> Value {
        guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path: path) }
        let diagnostics = Diagnostics()
        guard let value = decode(Array(data), diagnostics) else { throw .findings(diagnostics.sorted.rendered) }
        return value
    }

    /// Recorded symbols as they were recorded, the others made up.
    private func tape(_ configuration: VenueConfiguration) throws -> any MarketTape {
        let symbols = configuration.settings.symbols
        // A faster clock looks less often, else it would do nothing else.
        let step = Duration.milliseconds(max(100, 50 * clockFactor))
        func generated(_ symbols: [VenueSymbol]) -> GeneratedTape {
            GeneratedTape(
                symbols: symbols,
                seed: configuration.settings.seed,
                anchors: configuration.anchors,
                step: step
            )
        }
        guard !data.isEmpty else { return generated(symbols) }
        let market = try FileMarket(paths: data) { _, _ in true }
        let tracks = symbols.compactMap { symbol in
            Self.recording(of: symbol.name, market).map { RecordedTape.Track(symbol: symbol, recorded: $0) }
        }
        guard !tracks.isEmpty else {
            throw VenueInputError.notRecorded(
                symbols: symbols.map(\.name.text).joined(separator: ", "),
                title: market.title,
                recorded: market.instruments.map(\.symbol.text).joined(separator: ", ")
            )
        }
        let recorded = try RecordedTape(market, tracks: tracks)
        let others = symbols.filter { symbol in !tracks.contains { $0.symbol.name == symbol.name } }
        return others.isEmpty ? recorded : JoinedTape([recorded, generated(others)])
    }

    /// `BTCUSDT`, or of several the perpetual: `BTCUSDT-PERP.BINANCE`.
    private static func recording(of symbol: Symbol, _ market: FileMarket) -> Symbol? {
        let names = market.instruments.map(\.symbol).filter {
            $0 == symbol || $0.text.lowercased().hasPrefix(symbol.text.lowercased() + "-")
        }
        return names.first { $0 == symbol } ?? names.first { $0.text.contains("-PERP") } ?? names.first
    }
}
