import BinanceFutures
import ExecutionEngine
import TradingDomain

/// Opens the venue of an account.
enum VenueConnection {
    /// - Throws: ``CommandFailure`` for what has to be changed here, and the venue's errors.
    static func open(
        _ venue: VenueConfiguration,
        _ account: AccountID,
        _ currency: Currency,
        _ loaded: LoadedConfiguration
    ) async throws -> any LiveVenue {
        let rest = FuturesREST(
            try addresses(venue, loaded.isLive),
            credentials: try credentials(venue, loaded)
        )
        do {
            return try await FuturesVenue.open(
                account,
                currency: currency,
                rest: rest,
                streams: WebSocketOpener.opener(),
                leverage: venue.leverage,
                title: venue.title,
                fingerprint: venue.fingerprint
            )
        } catch {
            throw CommandFailure(error.kind == .unavailable ? .unavailable : .usage, "\(venue.title): \(error)")
        }
    }

    private static func addresses(_ venue: VenueConfiguration, _ isLive: Bool) throws -> FuturesAddresses {
        do {
            switch venue.place {
            case .live: return .live(try LiveConsent(account: venue.isLive, command: isLive))
            case .testnet: return .testnet
            case .other(let rest, let streams): return try .other(rest: rest, streams: streams)
            }
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    private static func credentials(
        _ venue: VenueConfiguration,
        _ loaded: LoadedConfiguration
    ) throws -> FuturesCredentials {
        do {
            if let file = venue.keysFile { return try FuturesCredentials(file: file) }
            return try FuturesCredentials(
                environment: loaded.variables,
                keyVariable: venue.keyVariable,
                secretVariable: venue.secretVariable
            )
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }
}
