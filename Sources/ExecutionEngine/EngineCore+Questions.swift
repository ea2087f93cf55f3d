import OrderManagement
public import TradingDomain

extension EngineCore {
    /// A child whose outcome is not proven, and when to ask the broker about it.
    public struct Question: Hashable, Sendable {
        public let order: ClientOrderID
        public let symbol: Symbol
        public let askAt: Timestamp
    }

    /// Questions that are due; the caller asks the broker and feeds the answers to ``answered(_:_:at:)``.
    public func dueQuestions(at now: Timestamp) -> [Question] {
        questions.due(at: now).compactMap { id in
            guard let parts = id.parts, let session = sessions[parts.parent], let askAt = questions[id] else {
                return nil
            }
            return Question(order: id, symbol: session.parent.symbol, askAt: askAt)
        }
    }

    /// The broker's answer about a child whose outcome was not proven.
    public mutating func answered(_ question: Question, _ answer: BrokerAnswer, at now: Timestamp) {
        guard let id = question.order.parts?.parent, let child = sessions[id]?.children[question.order] else {
            questions[question.order] = nil
            return
        }
        let askAgain = now + configuration.questionInterval
        if case .unavailable = answer {} else { unanswered[question.order] = nil }
        switch answer {
        case .known(let events):
            questions[question.order] = nil
            for event in events { broker(event, at: now) }
            askOn(about: question.order, of: id, at: now)
        case .notFound(let venueTime):
            let bound = Self.bound(of: child.order)
            if wasAcknowledged(question.order) || child.filled > .zero || child.life.isFinal {
                lose(question.order, of: id, at: now)
            } else if venueTime > bound {
                questions[question.order] = nil
                broker(.notPlaced(question.order, reason: "not found after its validity ended at \(bound)"), at: now)
            } else {
                // The venue's clock may be behind ours: then the bound has passed here and not there.
                questions[question.order] = bound < now ? askAgain : bound + .milliseconds(1)
            }
        case .unavailable(let reason):
            if child.life == .planned || child.life == .sent {
                broker(.unknown(question.order, reason: "no answer, and \(reason)"), at: now)
            }
            let asked = unanswered[question.order, default: 0] + 1
            unanswered[question.order] = asked
            questions[question.order] = now + ErrorHandler.wait(after: asked, first: configuration.questionInterval)
        }
    }

    /// When an order that the venue does not know can no longer come to be there.
    private static func bound(of order: ChildOrder) -> Timestamp { order.requestTime + order.validFor + .seconds(2) }

    /// The venue forgot an order that it had: its quantity stays reserved until somebody settles it.
    private mutating func lose(_ order: ClientOrderID, of id: ParentOrderID, at now: Timestamp) {
        guard lost.insert(order).inserted else {
            questions[order] = nil
            return
        }
        // Unknown, so that a person can resolve it.
        broker(.unknown(order, reason: "the venue no longer knows it"), at: now)
        questions[order] = nil
        alert(
            "order_lost",
            "The venue no longer knows \(order), which it had acknowledged. Its quantity stays reserved and its parent "
                + "stops. Ask the venue, then settle it: `smartexec orders resolve \(order) --not-placed`, "
                + "or `--executed QUANTITY@PRICE`.",
            parent: id,
            at: now
        )
        command(ParentCommand(parent: id, kind: .cancel, reason: "order lost at the venue"), at: now)
    }

    /// An answer that settles nothing is no answer, and a cancel that the venue does not speak of is sent again: it
    /// does no harm twice.
    private mutating func askOn(about order: ClientOrderID, of id: ParentOrderID, at now: Timestamp) {
        guard let child = sessions[id]?.children[order] else { return }
        if child.isOpenQuestion {
            questions[order] = now + configuration.questionInterval
        } else if child.outstanding == .cancelPending, let symbol = sessions[id]?.parent.symbol {
            let rounds = asked[order, default: 0] + 1
            asked[order] = rounds
            pending.cancels.append(.cancel(order, symbol))
            touch(id)
            questions[order] = now + configuration.cancelPatience * (1 << min(rounds, 6))
        } else if child.awaitsAnswer {
            questions[order] = now + configuration.questionInterval
        }
    }

    /// Tells, once for each, that nobody knows what became of an order; what the venue says of it later is in its events.
    mutating func alertUnknown(_ order: ClientOrderID, of place: Int, _ reason: String, at now: Timestamp) {
        let session = sessions.all[place]
        guard let child = session.children[order], child.life == .unknown, !lost.contains(order),
            toldUnknown.insert(order).inserted
        else { return }
        alert(
            "order_unknown",
            "Nobody knows what became of \(order), \(child.order.side.rawValue) \(child.order.request.quantity) "
                + "\(session.parent.symbol): \(reason). \(child.open) stays reserved, it is never sent again, and the venue "
                + "is asked until it answers. `smartexec explain \(order)` tells what came of it.",
            parent: session.parent.id,
            at: now
        )
    }

    // MARK: Silence

    /// Plans to ask about an order that has left and is not answered by the time that no copy of it can arrive any more.
    mutating func watch(_ order: ChildOrder) {
        questions[order.id] = questions[order.id] ?? Self.bound(of: order) + .milliseconds(1)
    }

    /// Plans to ask about an order whose cancel has left.
    mutating func watchCancel(of order: ClientOrderID, at now: Timestamp) {
        // An order that was found at the venue may have no child here: the next comparison tells whether it is gone.
        guard !lost.contains(order), let parent = order.parts?.parent, sessions[parent]?.children[order] != nil else {
            return
        }
        questions[order] = questions[order] ?? now + configuration.cancelPatience
    }

    /// Takes a child off the questions once its state is no longer one, after something was heard of it.
    mutating func review(_ child: ClientOrderID, of place: Int, at now: Timestamp) {
        guard let state = sessions.all[place].children[child] else { return }
        pending.children.append(child)
        let soon = now + configuration.questionInterval
        if state.life == .unknown {
            questions[child] = questions[child].map { min($0, soon) } ?? now
        } else if state.isOpenQuestion {
            // The missing fills are most likely on their way.
            questions[child] = questions[child].map { min($0, soon) } ?? soon
        } else if !state.awaitsAnswer {
            questions[child] = nil
            asked[child] = nil
        }
    }
}

extension ChildEvent {
    /// Whether it proves that the venue has had the order.
    var provesReceipt: Bool {
        switch self {
        case .acknowledged, .replaced, .filled, .cancelled, .expired: true
        case .intended, .rejected, .cancelRequested, .cancelRefused, .notPlaced, .unknown, .resolved: false
        }
    }
}

extension ChildState {
    /// Whether the venue has to be asked: the outcome is not proven, or it executed more than it has told us.
    var isOpenQuestion: Bool {
        life == .unknown || (life.isFinal && open > .zero) || (life == .replaced && executed == nil)
    }

    /// Whether something was sent that the venue has not answered.
    var awaitsAnswer: Bool {
        guard !life.isFinal else { return false }
        return life == .planned || life == .sent || outstanding == .cancelPending || isReplacing
    }
}
