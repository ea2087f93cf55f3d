public import TradingDomain

/// Proof that a request passed every risk rule.
///
/// Only this module can create one and it is not Codable, so a session that accepts nothing else never works an
/// unchecked order.
public struct RiskApproved<Request: Sendable>: Sendable {
    /// The request as approved, which may be smaller than the one asked for.
    public let request: Request

    init(_ request: Request) { self.request = request }
}

extension RiskApproved where Request == ProposedOrder {
    /// The approved order as a parent order: same instrument, side, size, urgency and limit.
    public func parent(
        id: ParentOrderID,
        account: AccountID,
        run: RunID? = nil,
        stepPath: String? = nil,
        submittedAt: Timestamp,
        deadline: Timestamp
    ) -> RiskApproved<ParentOrder> {
        RiskApproved<ParentOrder>(
            ParentOrder(
                id: id,
                account: account,
                instrument: request.instrument,
                side: request.side,
                quantity: request.quantity,
                urgency: request.urgency,
                limitPrice: request.limitPrice,
                decision: request.decision,
                run: run,
                stepPath: stepPath,
                submittedAt: submittedAt,
                deadline: deadline
            )
        )
    }
}

/// Whether an order may go live.
public enum AdmissionResult: Sendable {
    /// The order may be sent; the reservation is stored in the transaction that makes it live.
    case approved(RiskApproved<ProposedOrder>, reservation: Reservation, verdicts: [RiskVerdict])
    case refused(verdicts: [RiskVerdict])

    public var verdicts: [RiskVerdict] {
        switch self {
        case .approved(_, _, let verdicts), .refused(let verdicts): verdicts
        }
    }

    /// The first verdict that refused it: the reason to report.
    public var refusal: RiskVerdict? {
        guard case .refused(let verdicts) = self else { return nil }
        return verdicts.first(where: \.isBlock) ?? verdicts.first(where: \.isViolation)
    }
}

/// The last check before an order goes live, on the account as it is now (RM-4).
public enum Admission {
    /// Runs the rules again on the live account and mints the proof.
    ///
    /// The caller holds the account's lock from reading `snapshot` until the reservation is committed.
    ///
    /// - Parameters:
    ///   - order: As `risk.check` let it through.
    ///   - snapshot: The live account with all other parents' reservations.
    ///   - limits: The account's.
    ///   - mayShrink: Whether a smaller order is acceptable; without it a shrinking verdict refuses.
    ///   - rules: The rule book.
    /// - Returns: The proof with what to reserve, or the verdicts that refused it.
    public static func admit(
        _ order: ProposedOrder,
        _ snapshot: RiskSnapshot,
        _ limits: RiskLimits,
        mayShrink: Bool = true,
        rules: [any RiskRule] = RiskRuleBook.standard
    ) -> AdmissionResult {
        let judgement = RiskGate.judge(order, snapshot, limits, rules: rules)
        guard let approved = judgement.approved, mayShrink || !judgement.isShrunk else {
            return .refused(verdicts: judgement.verdicts)
        }
        return .approved(
            RiskApproved(approved),
            reservation: Reservation(for: approved, snapshot, limits),
            verdicts: judgement.verdicts
        )
    }
}
