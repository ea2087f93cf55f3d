import ExecutionEngine
import YAMLNodes

/// The venue of a brokerage account: where it is reached and where its keys are.
struct VenueConfiguration: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        /// Real money; needs `live: true` and `--live`.
        case live
        /// The exchange's own venue for tries.
        case testnet
        /// A venue elsewhere that speaks the same protocol, such as `smartexec venue`: addresses of REST and streams.
        case other(rest: String, streams: String)
    }

    var place: Place
    /// Real money was asked for in the file.
    var isLive: Bool
    /// Names of the variables with the API key and its secret.
    var keyVariable: String
    var secretVariable: String
    /// A file with mode 0600 instead, of two lines `key=…` and `secret=…`.
    var keysFile: String?
    /// The leverage that the account's symbols are set to; `nil` leaves what the venue has.
    var leverage: Int?
    /// The venue cancels what rests there once this machine has been silent for so long; `nil` lets it rest.
    var deadMan: DeadManSettings?

    /// What heads the output of a run.
    var title: String {
        switch place {
        case .live: "BINANCE FUTURES (LIVE)"
        case .testnet: "BINANCE FUTURES (testnet)"
        case .other(let rest, _): "BINANCE FUTURES (\(rest))"
        }
    }

    /// Names the market in account facts.
    var fingerprint: String {
        switch place {
        case .live: "binance-live"
        case .testnet: "binance-testnet"
        case .other: "binance-local"
        }
    }
}

extension VenueConfiguration {
    /// Reads `venue:` of an account whose `live:` is given.
    static func decode(_ map: MappingReader, isLive: Bool) -> VenueConfiguration? {
        let text = map.required("address", .nonEmptyText)
        let streams = map.optional("streams", .nonEmptyText)
        let key = map.required("key_env", .variableName)
        let secret = map.required("secret_env", .variableName)
        let file = map.optional("keys_file", .nonEmptyText)
        let leverage = map.optional("leverage", .int.atLeast(1))
        let silence = map.required("dead_man_seconds", .int.within(0...3600))
        if let silence, 1..<10 ~= silence, let node = map.node("dead_man_seconds") {
            let help = "write 10 to 3600, or 0 to let orders rest whatever happens"
            map.diagnostics.error("value", "\(silence) s leave no time to renew it", at: node.range, help: help)
            return nil
        }
        guard let text, let key, let secret, let silence else { return nil }
        guard let place = place(text, streams, map) else { return nil }
        return VenueConfiguration(
            place: place,
            isLive: isLive,
            keyVariable: key,
            secretVariable: secret,
            keysFile: file,
            leverage: leverage,
            deadMan: silence == 0 ? nil : DeadManSettings(after: .seconds(silence))
        )
    }

    private static func place(_ text: String, _ streams: String?, _ map: MappingReader) -> Place? {
        switch text {
        case "live": return .live
        case "testnet": return .testnet
        default: break
        }
        for scheme in ["http", "https"] where text.hasPrefix(scheme + "://") {
            let rest = text.hasSuffix("/") ? String(text.dropLast()) : text
            // One address serves both unless another is given: http becomes ws, https wss.
            return .other(rest: rest, streams: streams ?? "ws" + rest.dropFirst("http".count))
        }
        let range = map.node("address")?.range ?? map.node.range
        let help = "write live, testnet, or an address such as http://127.0.0.1:8080"
        map.diagnostics.error("value", "`\(text)` is no venue", at: range, help: help)
        return nil
    }
}
