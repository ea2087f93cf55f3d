import Synchronization
public import TradingDomain
import Workflows

/// Works a quantity in equal slices over time, through the same risk gates as any order (AL-3).
public final class TWAPExecutor: Sendable {
    private let orders: ManualOrders

    public init(_ executor: SmartExecutor) { orders = ManualOrders(executor) }

    /// Works the order to its end.
    ///
    /// - Parameters:
    ///   - ticker: The instrument.
    ///   - side: Buy or sell.
    ///   - totalQuantity: In units of the instrument, whole lots.
    ///   - durationMinutes: 1 to 1440.
    ///   - sliceIntervalSeconds: Time between slices, 1 or more.
    /// - Returns: The outcome; refusals are statuses, not errors.
    /// - Throws: The stores' errors; the run can then be resumed.
    @discardableResult
    public func execute(
        ticker: Symbol,
        side: Side = .buy,
        totalQuantity: Quantity,
        durationMinutes: Int = 30,
        sliceIntervalSeconds: Int = 60
    ) async throws -> ItemReport {
        try await orders.execute(ticker, side, totalQuantity, "TWAP") { inputs in
            inputs["duration_minutes"] = .int(Int64(durationMinutes))
            inputs["slice_interval_seconds"] = .int(Int64(sliceIntervalSeconds))
        }
    }

    /// The fills of the last execution; `nil` before the first.
    public func getExecutionSummary() -> ExecutionSummary? { orders.last }
}

/// Works a quantity along the volume of earlier sessions, to the session's close (AL-4).
public final class VWAPExecutor: Sendable {
    private let orders: ManualOrders
    private let volumeProfileDays: Int

    /// Learns the volume profile from `volumeProfileDays` earlier sessions, 1 to 60.
    public init(_ executor: SmartExecutor, volumeProfileDays: Int = 5) {
        orders = ManualOrders(executor)
        self.volumeProfileDays = volumeProfileDays
    }

    /// Works the order to its end.
    ///
    /// - Parameters:
    ///   - ticker: The instrument.
    ///   - side: Buy or sell.
    ///   - totalQuantity: In units of the instrument, whole lots.
    /// - Returns: The outcome; refusals are statuses, not errors.
    /// - Throws: The stores' errors; the run can then be resumed.
    @discardableResult
    public func execute(ticker: Symbol, side: Side = .buy, totalQuantity: Quantity) async throws -> ItemReport {
        try await orders.execute(ticker, side, totalQuantity, "VWAP") { [volumeProfileDays] inputs in
            inputs["volume_profile_days"] = .int(Int64(volumeProfileDays))
        }
    }

    /// The fills of the last execution; `nil` before the first.
    public func getExecutionSummary() -> ExecutionSummary? { orders.last }
}

/// Runs of `manual-order`, and the last one's fills.
private final class ManualOrders: Sendable {
    private let executor: SmartExecutor
    private let summary = Mutex<ExecutionSummary?>(nil)

    init(_ executor: SmartExecutor) { self.executor = executor }

    var last: ExecutionSummary? { summary.withLock { $0 } }

    func execute(
        _ ticker: Symbol,
        _ side: Side,
        _ quantity: Quantity,
        _ algorithm: String,
        _ parameters: (inout [String: Value]) -> Void
    ) async throws -> ItemReport {
        var inputs: [String: Value] = [
            "ticker": .ticker(ticker), "side": .text(side.rawValue),
            "quantity": .decimal(FixedDecimal(units: Int128(quantity.units))), "algorithm": .text(algorithm),
        ]
        parameters(&inputs)
        let report = try await executor.run("manual-order", inputs: inputs)
        let item =
            report.items.first
            ?? ItemReport(ticker: ticker.text, status: report.status, message: report.message ?? "")
        summary.withLock { $0 = item.execution }
        return item
    }
}
