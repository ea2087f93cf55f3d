public import MarketData
public import OrderManagement

/// What the engine is told, in the order in which it happened.
public enum EngineInput: Sendable {
    /// A new parent, which is recorded with what comes of it.
    case submitted(ParentSubmission)
    /// A parent that the journal has already.
    case recorded(ParentSubmission)
    /// A parent that has traded and whose record is lost: it is recorded as refused.
    case forgotten(ParentSubmission)
    case broker(BrokerEvent)
    case market(MarketEvent)
    /// Something was wrong with an event of the feed; a person is told once of each kind and instrument.
    case dataProblem(DataProblem)
    /// Asked for inside this process: nobody will tell it again.
    case command(ParentCommand)
    /// Asked for in the journal, which tells it until it is done.
    case requested(RequestedCommand)
    /// Something that nobody foresaw, wherever it was met: the account goes into safe mode.
    case unexpected(code: String, message: String)
    /// The venue's reports do not come any more: until they do, nothing adds exposure.
    case disconnected(reason: String)
    /// They come again; what happened meanwhile nobody has told.
    case connected
    /// Something may not have been told: the account has to be compared with its venue.
    case untold(reason: String)
    /// A person asks for a comparison with the venue.
    case reconciliation(ReconciliationRequest)
    /// Something of the venue that a person should know; told once of each code and message.
    case alert(code: String, message: String)
}
