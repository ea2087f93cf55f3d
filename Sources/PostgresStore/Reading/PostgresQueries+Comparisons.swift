public import ExecutionAnalytics
public import QuantMath
public import TradingDomain

/// Which executions are compared; nil means no restriction.
public struct ExecutionFilter: Hashable, Sendable {
    /// By its full or its base name.
    public var account: AccountID?
    /// Submitted at this business time or later.
    public var since: Timestamp?
    /// Submitted before this business time.
    public var until: Timestamp?

    public init(account: AccountID? = nil, since: Timestamp? = nil, until: Timestamp? = nil) {
        self.account = account
        self.since = since
        self.until = until
    }

    fileprivate var bounds: [PostgresValue] { [.optional(since?.nanoseconds), .optional(until?.nanoseconds)] }
}

/// An impact coefficient that was put into force.
public struct AppliedCoefficient: Codable, Hashable, Sendable {
    public let coefficient: Double
    public let appliedBy: String
    /// The database's clock.
    public let appliedAt: Timestamp
}

extension PostgresQueries {
    /// Executions grouped by one dimension, by value and currency.
    public func comparison(
        by dimension: ExecutionDimension,
        _ filter: ExecutionFilter = ExecutionFilter()
    ) async throws -> [ComparisonRow] {
        let parameters: [PostgresValue] = [.optional(filter.account?.text), .text(dimension.rawValue)] + filter.bounds
        return try await rows("compare_executions", parameters, ComparisonRow.init)
    }

    /// Predicted and realised costs, newest first.
    public func calibrationSamples(
        _ filter: ExecutionFilter = ExecutionFilter(),
        limit: Int = 10_000
    ) async throws -> [CalibrationSample] {
        let parameters: [PostgresValue] = [.optional(filter.account?.text)] + filter.bounds + [.int64(Int64(limit))]
        return try await rows("calibration_samples", parameters) { row in
            CalibrationSample(
                algorithm: AlgorithmName(unchecked: try row.text("algorithm")),
                predictedBps: try row.double("predicted_cost_bps"),
                realisedBps: try row.double("slippage_arrival_bps"),
                parts: try row.optionalText("predicted").map { try Documents.decode(PredictedCost.self, $0) }
            )
        }
    }

    /// The impact coefficient in force for an account; nil while none was fitted.
    public func impactCoefficient(of account: AccountID) async throws -> AppliedCoefficient? {
        try await rows("impact_coefficient", [.text(account.text)]) { row in
            AppliedCoefficient(
                coefficient: try row.double("coefficient"),
                appliedBy: try row.text("applied_by"),
                appliedAt: try row.recorded("applied_at")
            )
        }.first
    }

    /// The cost model of an account: the fitted coefficient, else the literature's.
    public func costModel(of account: AccountID) async throws -> CostModel {
        try await impactCoefficient(of: account).map { CostModel(impactCoefficient: $0.coefficient) } ?? CostModel()
    }

    /// Puts a refitted coefficient into force, with its evidence.
    public func apply(_ proposal: CoefficientProposal, to account: AccountID, by person: String) async throws {
        let evidence = try Documents.encode(proposal)
        try await write { connection in
            _ = try connection.run(
                file: "apply_coefficient",
                [
                    .text(account.text), .text("\(proposal.fit.coefficient)"), .json(evidence),
                    .text(person.storable),
                ]
            )
        }
    }
}

extension ComparisonRow {
    init(_ row: PostgresRow) throws {
        self.init(
            value: try row.text("value"),
            currency: try row.word("currency"),
            executions: Int(try row.int64("executions")),
            fills: Int(try row.int64("fills")),
            notional: try row.decimal("notional"),
            fees: try row.decimal("fees")
        )
        meanSlippageBps = try row.optionalDouble("mean_slippage_bps")
        weightedSlippageBps = try row.optionalDouble("weighted_slippage_bps")
        medianSlippageBps = try row.optionalDouble("median_slippage_bps")
        p95SlippageBps = try row.optionalDouble("p95_slippage_bps")
        meanSlippageVwapBps = try row.optionalDouble("mean_slippage_vwap_bps")
        shortfall = try row.optionalText("shortfall").map { try FixedDecimal(parsing: $0) }
        shortfallBps = try row.optionalDouble("shortfall_bps")
        meanFillRate = try row.optionalDouble("mean_fill_rate")
        met = Int(try row.int64("met"))
        asExpected = Int(try row.int64("as_expected"))
        missed = Int(try row.int64("missed"))
        meanMarkOut5MinBps = try row.optionalDouble("mean_mark_out_5_min_bps")
    }
}
