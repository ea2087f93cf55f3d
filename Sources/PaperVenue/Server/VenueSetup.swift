/// Everything a venue begins with.
public struct VenueSetup: Sendable {
    public var settings: ExchangeSettings
    public var tape: any MarketTape
    /// 0 for any that is free.
    public var port = 0
    /// Where it keeps what happened; `nil` forgets everything when it ends.
    public var stateFolder: String?
    public var faults = FaultSchedule()
    /// Venue seconds in one of the wall's.
    public var clockFactor = 1
    public var streams = StreamLimits()
    /// What a call below `/admin/` must carry in `X-Venue-Admin`.
    public var adminToken = "test-admin"

    public init(settings: ExchangeSettings, tape: any MarketTape) {
        self.settings = settings
        self.tape = tape
    }
}
