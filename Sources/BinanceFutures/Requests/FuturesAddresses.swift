/// Proof that real money may be traded: the account says so and the command line does too.
public struct LiveConsent: Hashable, Sendable {
    /// - Parameters:
    ///   - account: `live: true` in the account's configuration.
    ///   - command: `--live` on the command line.
    /// - Throws: ``FuturesSetupError/notLive(_:)`` naming what is missing.
    public init(account: Bool, command: Bool) throws(FuturesSetupError) {
        var missing: [String] = []
        if !account { missing.append("`live: true` in the account's configuration") }
        if !command { missing.append("`--live` on the command line") }
        guard missing.isEmpty else { throw .notLive(missing) }
    }
}

/// Where a Binance USDⓈ-M venue is reached.
public struct FuturesAddresses: Hashable, Sendable {
    /// Scheme, host and perhaps port, without a slash at the end: `https://…`.
    public let rest: String
    /// The same for streams: `wss://…`.
    public let streams: String
    /// Whether orders there trade real money.
    public let isLive: Bool

    private init(rest: String, streams: String, isLive: Bool) {
        self.rest = rest
        self.streams = streams
        self.isLive = isLive
    }

    /// The exchange itself.
    public static func live(_: LiveConsent) -> FuturesAddresses {
        FuturesAddresses(rest: "https://fapi.binance.com", streams: "wss://fstream.binance.com", isLive: true)
    }

    /// The exchange's own venue for tries, with money of no value.
    public static let testnet = FuturesAddresses(
        rest: "https://demo-fapi.binance.com",
        streams: "wss://fstream.binancefuture.com",
        isLive: false
    )

    /// A venue of this machine that serves REST and streams on one port.
    ///
    /// - Parameter port: 1 to 65535.
    /// - Returns: Its addresses, which are not live.
    public static func local(port: Int) -> FuturesAddresses {
        precondition((1...65_535).contains(port), "a port is 1 to 65535, not \(port)")
        return FuturesAddresses(rest: "http://127.0.0.1:\(port)", streams: "ws://127.0.0.1:\(port)", isLive: false)
    }

    /// Another venue that speaks this protocol, such as one in a network of your own.
    ///
    /// - Throws: ``FuturesSetupError/badAddress(_:reason:)`` for one that is not encrypted and not of this machine, since
    ///   keys go there, and for the exchange's own, which needs a ``LiveConsent``.
    public static func other(rest: String, streams: String) throws(FuturesSetupError) -> FuturesAddresses {
        let bare = [(rest, "http"), (streams, "ws")]
        for (address, scheme) in bare {
            guard let (found, host) = split(address), found == scheme || found == scheme + "s" else {
                throw .badAddress(address, reason: "write \(scheme)://HOST or \(scheme)s://HOST, without a path")
            }
            guard found == scheme + "s" || ["127.0.0.1", "localhost", "[::1]"].contains(host) else {
                throw .badAddress(address, reason: "keys go there, so it must be encrypted: \(scheme)s://…")
            }
            guard !host.hasSuffix("binance.com") || host.hasPrefix("demo-") else {
                throw .badAddress(address, reason: "that is the exchange itself; choose `live` instead")
            }
        }
        return FuturesAddresses(rest: rest, streams: streams, isLive: false)
    }

    private static func split(_ address: String) -> (scheme: String, host: String)? {
        guard let end = address.firstRange(of: "://") else { return nil }
        let rest = address[end.upperBound...].lowercased()
        guard !rest.isEmpty, !rest.contains(where: { "/?#@ ".contains($0) }) else { return nil }
        let host = rest.hasPrefix("[") ? String(rest.prefix { $0 != "]" }) + "]" : String(rest.prefix { $0 != ":" })
        return (String(address[..<end.lowerBound]).lowercased(), host)
    }
}

/// Why an account cannot be traded at this venue as it is set up.
public enum FuturesSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    case notLive([String])
    case badAddress(String, reason: String)
    case hedgeMode
    case feesInAnotherAsset
    case multiAssetsMode
    case unknownSymbols([String])

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .notLive: "live_not_consented"
        case .badAddress: "venue_address"
        case .hedgeMode: "hedge_mode"
        case .feesInAnotherAsset: "fees_in_another_asset"
        case .multiAssetsMode: "multi_assets_mode"
        case .unknownSymbols: "unknown_symbols"
        }
    }

    public var description: String {
        switch self {
        case .notLive(let missing):
            "Real money is traded only when both say so; missing: \(missing.joined(separator: " and "))."
        case .badAddress(let address, let reason): "'\(address)' is no address for this venue: \(reason)."
        case .hedgeMode:
            "The account is in hedge mode, where a symbol has a long and a short position at once. Close them and change "
                + "it to one-way mode at the venue."
        case .feesInAnotherAsset:
            "The account pays its fees in BNB, which cannot be booked in the account's currency. Turn that off at the venue "
                + "(`feeBurn`)."
        case .multiAssetsMode:
            "The account is in multi-assets mode, where several assets are its margin. Change it to single-asset mode at "
                + "the venue."
        case .unknownSymbols(let symbols):
            "The venue does not trade \(symbols.joined(separator: ", ")). Correct the names; `BTCUSDT` is how they look."
        }
    }
}
