/// What an order was expected to cost when it was routed, by its parts, with what calibration needs to learn from it.
public struct PredictedCost: Codable, Hashable, Sendable {
    /// The share of the spread that is paid, in basis points of the arrival price; negative where it is earned.
    public var spreadBps: Double
    /// In basis points; proportional to ``coefficient``.
    public var impactBps: Double
    /// The impact coefficient that was in force.
    public var coefficient: Double
    /// The order's quantity as a fraction of the mean daily volume.
    public var sizeToDailyVolume: Double

    /// Basis points of the arrival price.
    public var totalBps: Double { spreadBps + impactBps }

    public init(spreadBps: Double, impactBps: Double, coefficient: Double, sizeToDailyVolume: Double) {
        self.spreadBps = spreadBps
        self.impactBps = impactBps
        self.coefficient = coefficient
        self.sizeToDailyVolume = sizeToDailyVolume
    }
}
