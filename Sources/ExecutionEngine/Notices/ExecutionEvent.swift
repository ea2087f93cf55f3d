public import RiskRules
public import TradingDomain

/// Something that happened to an account; when it is told, the batch that holds it is durable.
public struct ExecutionEvent: Codable, Hashable, Sendable {
    public enum Kind: Codable, Hashable, Sendable {
        /// A step in the life of a parent (admitted, refused, started, finished, …) or of one of its children (intended,
        /// acknowledged, filled, …), with its number in the parent's journal.
        case order(JournaledEvent)
        case alert(EngineAlert)
        /// The kill switch was turned on, or another halt took its place.
        case halted(Halt)
        case haltEnded(HaltID)
        /// Nothing adds exposure any more, until a person has looked (OP-11).
        case safeModeEntered(SafeMode)
        case safeModeLeft
    }

    public let account: AccountID
    /// Ascending by one per account while somebody listens: a gap is what a subscriber was too slow for.
    public let number: Int64
    /// Business time of the batch.
    public let at: Timestamp
    public let kind: Kind

    public init(account: AccountID, number: Int64, at: Timestamp, kind: Kind) {
        self.account = account
        self.number = number
        self.at = at
        self.kind = kind
    }
}

extension ExecutionEvent.Kind {
    /// What a batch tells once it is durable: each parent's events in their order, then alerts.
    ///
    /// What came of intents that were not accepted is in a later batch.
    static func told(by batch: EngineBatch, _ receipt: BatchReceipt) -> [ExecutionEvent.Kind] {
        let accepted = batch.intents.filter { receipt.refused[$0.order.id] == nil }.map(\.event)
        let events = batch.events + accepted
        // An intent's event is accepted last and belongs where its number is.
        var waiting = Dictionary(grouping: events, by: \.parent).mapValues { $0.sorted { $0.sequence > $1.sequence } }
        return events.compactMap { waiting[$0.parent]?.popLast() }.map(ExecutionEvent.Kind.order)
            + batch.alerts.map(ExecutionEvent.Kind.alert)
    }

    /// What a safe mode's begin or end tells.
    static func told(from before: SafeMode?, to after: SafeMode?) -> [ExecutionEvent.Kind] {
        if let after { return before == nil ? [.safeModeEntered(after)] : [] }
        return before == nil ? [] : [.safeModeLeft]
    }

    /// What the kill switch's move from one state to another tells.
    static func told(from before: HaltState, to after: HaltState) -> [ExecutionEvent.Kind] {
        guard before.halt?.id != after.halt?.id else { return [] }
        if let halt = after.halt { return [.halted(halt)] }
        return before.halt.map { [.haltEnded($0.id)] } ?? []
    }
}
