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
            // An answer that settles nothing is no answer.
            if sessions[id]?.children[question.order]?.isOpenQuestion == true { questions[question.order] = askAgain }
        case .notFound(let venueTime):
            let bound = child.order.requestTime + child.order.validFor + .seconds(2)
            if wasAcknowledged(question.order) || child.filled > .zero || child.life.isFinal {
                questions[question.order] = nil
                alert(
                    "order_lost",
                    "The venue no longer knows \(question.order), which it had acknowledged. Its quantity "
                        + "stays reserved and its parent stops; resolve it with the venue.",
                    parent: id,
                    at: now
                )
                command(ParentCommand(parent: id, kind: .cancel, reason: "order lost at the venue"), at: now)
            } else if venueTime > bound {
                questions[question.order] = nil
                broker(.notPlaced(question.order, reason: "not found after its validity ended at \(bound)"), at: now)
            } else {
                // The venue's clock may be behind ours: then the bound has passed here and not there.
                questions[question.order] = bound < now ? askAgain : bound + .milliseconds(1)
            }
        case .unavailable:
            let asked = unanswered[question.order, default: 0] + 1
            unanswered[question.order] = asked
            questions[question.order] = now + ErrorHandler.wait(after: asked, first: configuration.questionInterval)
        }
    }
}

extension ChildState {
    /// Whether the venue has to be asked: the outcome is not proven, or it executed more than it has told us.
    var isOpenQuestion: Bool { life == .unknown || (life.isFinal && open > .zero) }
}
