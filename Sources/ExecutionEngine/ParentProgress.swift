import ExecutionAlgorithms
import OrderManagement
public import TradingDomain

/// How far a parent order is, for whoever shows it.
public struct ParentProgress: Codable, Hashable, Sendable {
    public var id: ParentOrderID
    public var symbol: Symbol
    public var side: Side
    public var state: ParentState
    /// Absent until it is admitted.
    public var algorithm: AlgorithmName?
    public var filled: Quantity
    public var quantity: Quantity
    /// The schedule's business times; absent until it is admitted.
    public var start: Timestamp?
    public var end: Timestamp?

    public init(_ submission: ParentSubmission, _ admission: ParentAdmission?, state: ParentState, filled: Quantity) {
        id = submission.id
        symbol = submission.order.symbol
        side = submission.order.side
        self.state = state
        algorithm = admission?.verdict.algorithm
        self.filled = filled
        quantity = admission?.parent.quantity ?? submission.order.quantity
        start = admission?.verdict.start
        end = admission?.verdict.end
    }

    public init(
        id: ParentOrderID,
        symbol: Symbol,
        side: Side,
        state: ParentState,
        algorithm: AlgorithmName?,
        filled: Quantity,
        quantity: Quantity,
        start: Timestamp?,
        end: Timestamp?
    ) {
        self.id = id
        self.symbol = symbol
        self.side = side
        self.state = state
        self.algorithm = algorithm
        self.filled = filled
        self.quantity = quantity
        self.start = start
        self.end = end
    }

    /// A parent as the journal has it.
    public init(of record: ParentRecord) {
        self.init(record.submission, record.admission, state: record.state, filled: record.filled)
    }
}

extension EngineCore {
    /// How far a parent is; `nil` for one that this engine never worked.
    func progress(of id: ParentOrderID) -> ParentProgress? {
        guard let submission = submissions[id] else { return nil }
        let session = sessions[id]
        return ParentProgress(
            submission,
            admissions[id],
            state: results[id]?.state ?? session?.state ?? .submitted,
            filled: session?.progress.filled ?? .zero
        )
    }
}
