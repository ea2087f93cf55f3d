import TradingDomain

extension OrderEvent {
    /// A stable word for rows: what happened, without its values.
    var kind: StaticString {
        switch self {
        case .parent(.admitted): "admitted"
        case .parent(.refused): "refused"
        case .parent(.started): "started"
        case .parent(.paused): "paused"
        case .parent(.resumed): "resumed"
        case .parent(.cancelRequested): "cancel_requested"
        case .parent(.intentRefused): "intent_refused"
        case .parent(.amendRequested): "amend_requested"
        case .parent(.amended): "amended"
        case .parent(.amendRefused): "amend_refused"
        case .parent(.finished): "finished"
        case .child(_, .intended): "intended"
        case .child(_, .acknowledged): "acknowledged"
        case .child(_, .filled): "filled"
        case .child(_, .rejected): "rejected"
        case .child(_, .cancelRequested): "child_cancel_requested"
        case .child(_, .cancelRefused): "child_cancel_refused"
        case .child(_, .cancelled): "cancelled"
        case .child(_, .expired): "expired"
        case .child(_, .notPlaced): "not_placed"
        case .child(_, .unknown): "unknown"
        case .child(_, .replaced): "replaced"
        case .child(_, .resolved): "resolved"
        }
    }
}

extension ChildEvent {
    /// Why a child ended or is in doubt, where its event says so.
    var reason: String? {
        switch self {
        case .rejected(let code, let message): "\(code): \(message)"
        case .notPlaced(let reason), .unknown(let reason), .resolved(_, let reason): reason
        case .cancelRequested(let reason): reason
        case .intended, .acknowledged, .filled, .cancelRefused, .cancelled, .expired, .replaced: nil
        }
    }
}
