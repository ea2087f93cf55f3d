import ExecutionEngine
import TradingDomain

extension OrderEvent {
    /// The event on one line.
    var words: String {
        switch self {
        case .parent(let event): event.words
        case .child(let id, let event): "\(id) \(event.words)"
        }
    }
}

extension ParentEvent {
    var words: String {
        switch self {
        case .admitted(let verdict): "admitted, works by \(verdict.algorithm)"
        case .refused(let code, let message): "refused \(code): \(message)"
        case .started(let arrival): "started at arrival price \(arrival.price)"
        case .paused(let reason): "paused: \(reason)"
        case .resumed(let reason): "resumed: \(reason)"
        case .cancelRequested(let reason): "cancel requested: \(reason)"
        case .amendRequested(let amendment): "amendment to \(amendment.words) waits for cancels"
        case .amended(let amendment): "amended to \(amendment.words)"
        case .amendRefused(let code, let message): "amendment refused \(code): \(message)"
        case .intentRefused(let code, let message): "intent refused \(code): \(message)"
        case .finished(let state, let reason): "finished \(state.rawValue): \(reason)"
        }
    }
}

extension ChildEvent {
    var words: String {
        switch self {
        case .intended(let order, let seen):
            (order.replaces.map { "intended in place of \($0): " } ?? "intended: ")
                + (order.attempt.map { "try \($0), " } ?? "")
                + "\(order.side) \(order.request.quantity) \(order.request.type.name)"
                + (order.request.type.limitPrice.map { " at \($0) or better" } ?? "")
                + (seen.map {
                    ", saw bid \($0.bid?.description ?? "–") ask \($0.ask?.description ?? "–") last \($0.last?.description ?? "–")"
                } ?? "")
        case .acknowledged(let broker, _): "acknowledged as \(broker)"
        case .filled(let fill): "filled \(fill.quantity) at \(fill.price), commission \(fill.commission.amount)"
        case .rejected(let code, let message): "rejected \(code): \(message)"
        case .cancelRequested(let reason): "cancel requested" + (reason.map { ": \($0)" } ?? "")
        case .cancelRefused(let code, let message): "cancel refused \(code): \(message)"
        case .cancelled(let executed): "cancelled with \(executed) executed"
        case .expired(let executed): "expired with \(executed) executed"
        case .notPlaced(let reason): "not placed: \(reason)"
        case .unknown(let reason): "unknown: \(reason)"
        case .replaced(let executed, _, _):
            "took its place" + (executed.map { ", after \($0) executed" } ?? "")
        case .resolved(let executed, let reason): "resolved by hand with \(executed) executed: \(reason)"
        }
    }
}

extension ParentAmendment {
    /// What changes, such as `quantity 500, end 2026-03-03T20:00:00Z`.
    var words: String {
        [
            quantity.map { "quantity \($0)" }, limitPrice.map { "limit \($0)" }, endTime.map { "end \($0)" },
        ].compactMap(\.self).joined(separator: ", ")
    }
}
