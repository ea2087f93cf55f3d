import Networking
public import TradingDomain

/// How margin is kept for a symbol.
public enum MarginType: String, Hashable, Sendable, CaseIterable {
    case isolated = "ISOLATED"
    case crossed = "CROSSED"
}

/// Something that the venue booked to the account besides trades: funding, transfers, insurance.
public struct FuturesIncome: Hashable, Sendable {
    /// In the venue's words, such as `FUNDING_FEE`.
    public let kind: String
    public let symbol: Symbol?
    /// Negative when paid.
    public let amount: FixedDecimal
    public let asset: String
    public let at: Timestamp
    /// Unique with kind and symbol.
    public let reference: String
}

extension FuturesIncome {
    init(_ row: WireIncome) {
        self.init(
            kind: row.incomeType,
            symbol: Symbol(row.symbol),
            amount: row.income,
            asset: row.asset,
            at: Timestamp(milliseconds: row.time),
            reference: String(row.tranId)
        )
    }
}

/// What the account pays for a trade, as fractions of its value.
public struct CommissionRates: Hashable, Sendable {
    public let maker: FixedDecimal
    public let taker: FixedDecimal
}

extension FuturesREST {
    private func account(
        _ path: String,
        _ parameters: [(String, String?)] = [],
        method: String = "GET",
        weight: Int
    ) -> Call {
        Call(
            method: method,
            path: path,
            parameters: FuturesParameters(parameters),
            security: .signed(at: nil, window: Self.window),
            cost: RequestCost(weight: weight)
        )
    }

    /// Open positions, signed: positive when long.
    ///
    /// - Throws: ``FuturesError``; hedge mode is one, since two positions of one symbol cannot be told apart here.
    func positions() async throws(FuturesError) -> [Symbol: Quantity] {
        let rows = try await ask(account("/fapi/v3/positionRisk", weight: 5), as: [WirePosition].self)
        var positions: [Symbol: Quantity] = [:]
        for row in rows where !row.positionAmt.isZero {
            guard row.positionSide == "BOTH" else { throw .setup(.hedgeMode) }
            positions[row.symbol] = row.positionAmt
        }
        return positions
    }

    /// Wallet balances, without unrealised profit; assets with nothing are left out.
    ///
    /// - Throws: ``FuturesError``.
    func balances() async throws(FuturesError) -> [Money] {
        let rows = try await ask(account("/fapi/v3/balance", weight: 5), as: [WireBalance].self)
        return rows.compactMap { row in
            guard row.balance != .zero, let currency = Currency(rawValue: row.asset) else { return nil }
            return Money(units: row.balance.units, currency)
        }
    }

    /// Refuses accounts whose modes we cannot book: hedge mode, several margin assets, fees in BNB.
    ///
    /// - Throws: ``FuturesError/setup(_:)`` for such an account.
    public func checkModes() async throws(FuturesError) {
        let mode = try await ask(account("/fapi/v1/positionSide/dual", weight: 30), as: WirePositionMode.self)
        if mode.dualSidePosition { throw .setup(.hedgeMode) }
        let assets = try await ask(account("/fapi/v1/multiAssetsMargin", weight: 30), as: WireMultiAssets.self)
        if assets.multiAssetsMargin { throw .setup(.multiAssetsMode) }
        let burn = try await ask(account("/fapi/v1/feeBurn", weight: 30), as: WireFeeBurn.self)
        if burn.feeBurn { throw .setup(.feesInAnotherAsset) }
    }

    /// Sets a symbol's leverage, 1 to 125.
    ///
    /// - Throws: ``FuturesError``.
    public func setLeverage(_ symbol: Symbol, _ leverage: Int) async throws(FuturesError) {
        let parameters = [("symbol", symbol.text as String?), ("leverage", String(leverage))]
        _ = try await ask(account("/fapi/v1/leverage", parameters, method: "POST", weight: 1), as: WireLeverage.self)
    }

    /// Sets how margin is kept for a symbol; nothing happens when it is so already.
    ///
    /// - Throws: ``FuturesError``, as when there is a position or an open order.
    public func setMarginType(_ symbol: Symbol, _ type: MarginType) async throws(FuturesError) {
        let parameters = [("symbol", symbol.text as String?), ("marginType", type.rawValue)]
        do {
            _ = try await ask(
                account("/fapi/v1/marginType", parameters, method: "POST", weight: 1),
                as: WireNothing.self
            )
        } catch .answered(_, let message) where message.code == -4046 {
            return
        }
    }

    /// What the account pays for trades of a symbol.
    ///
    /// - Throws: ``FuturesError``.
    public func commissionRates(_ symbol: Symbol) async throws(FuturesError) -> CommissionRates {
        let call = account("/fapi/v1/commissionRate", [("symbol", symbol.text)], weight: 20)
        let rates = try await ask(call, as: WireCommissionRate.self)
        return CommissionRates(maker: rates.makerCommissionRate, taker: rates.takerCommissionRate)
    }

    /// Entries in one answer.
    private static let incomeMost = 1000

    /// Everything that was booked between two times, oldest first, parts of trades included; `kind` such as `FUNDING_FEE`
    /// narrows it.
    ///
    /// - Throws: ``FuturesError``.
    public func income(
        since: Timestamp,
        until: Timestamp,
        kind: String? = nil
    ) async throws(FuturesError) -> [FuturesIncome] {
        var found: [FuturesIncome: Int] = [:]
        for page in 1... {
            let call = account(
                "/fapi/v1/income",
                [
                    ("incomeType", kind), ("startTime", String(since.milliseconds)),
                    ("endTime", String(until.milliseconds)), ("page", String(page)),
                    ("limit", String(Self.incomeMost)),
                ],
                weight: 30
            )
            let rows = try await ask(call, as: [WireIncome].self).map(FuturesIncome.init)
            let before = found.count
            for row in rows { found[row] = found[row] ?? found.count }
            // A server that does not know pages gives the same again.
            guard rows.count == Self.incomeMost, found.count > before else { break }
        }
        return found.sorted { ($0.key.at, $0.value) < ($1.key.at, $1.value) }.map(\.key)
    }

    // MARK: Listen key

    /// Makes the key that opens the account's stream, or prolongs and returns the one there is; valid for an hour.
    func listenKey() async throws(FuturesError) -> String {
        let call = Call(method: "POST", path: "/fapi/v1/listenKey", security: .key)
        return try await ask(call, as: WireListenKey.self).listenKey
    }

    /// Prolongs the key.
    ///
    /// - Returns: `false` when there is none any more and a new one is needed.
    func keepListenKey() async throws(FuturesError) -> Bool {
        do {
            _ = try await ask(Call(method: "PUT", path: "/fapi/v1/listenKey", security: .key), as: WireNothing.self)
            return true
        } catch .answered(_, let message) where message.code == -1125 {
            return false
        }
    }

    /// Ends the account's stream.
    func closeListenKey() async throws(FuturesError) {
        _ = try await ask(Call(method: "DELETE", path: "/fapi/v1/listenKey", security: .key), as: WireNothing.self)
    }
}
