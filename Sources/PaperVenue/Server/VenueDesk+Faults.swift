import NIOCore
import TradingDomain

/// What faults make of requests, events and listen keys.
extension VenueDesk {
    func hit(_ rule: FaultRule, _ request: VenueRequest, _ reply: any ReplyPort) {
        let answer = FaultAnswers.answer(rule, request, at: time() + .milliseconds(exchange.skew))
        switch rule.kind {
        case .dropAnswer: execute(request) { _ in }
        case .delayAnswer: execute(request) { answer in self.after(rule) { reply.answer(answer) } }
        case .delayRequest:
            var late = request
            late.arrived = time()
            after(rule) { self.execute(late) { reply.answer($0) } }
        case .cutExecuted: execute(request) { _ in reply.cut() }
        case .cutNotExecuted: reply.cut()
        case .timeoutExecuted: execute(request) { _ in self.after(rule) { answer.map(reply.answer) } }
        case .fillAfterCancel: fill(beforeCancel: request, rule, reply)
        default:
            if rule.kind.executes {
                execute(request) { _ in answer.map(reply.answer) }
            } else {
                answer.map(reply.answer)
            }
        }
    }

    /// Fills part of the order that is to be cancelled, cancels it, and reports the fill afterwards.
    private func fill(beforeCancel request: VenueRequest, _ rule: FaultRule, _ reply: any ReplyPort) {
        let now = tell()
        commit {}
        var (prompt, late): ([ExchangeEvent], [ExchangeEvent]) = ([], [])
        if let order = CancelledOrder(request, exchange, at: now), let book = books[order.symbol] {
            // Only the order stands in the way of the trade; then the book is as it was.
            for event in [order.away(book), order.trade, book] { exchange.market(event, at: now) }
            let events = exchange.takeEvents()
            late = events.filter(\.isOfUser)
            prompt = events.filter { !$0.isOfUser }
        }
        let answer = exchange.handle(request, at: now)
        commit {
            self.publish(prompt)
            reply.answer(answer)
            self.after(rule) { self.publish(late) }
        }
    }

    private func after(_ rule: FaultRule, _ act: @escaping () -> Void) {
        let wall = clock.wallNanoseconds(.milliseconds(rule.delayMilliseconds))
        _ = loop.assumeIsolated().scheduleTask(in: .nanoseconds(wall)) { if self.isOpen { act() } }
    }

    // MARK: Events

    func publish(_ event: (key: String, event: String, json: String)) {
        switch plan.fault(onEvent: event.json, at: clock.now) {
        case let rule? where rule.kind == .dropEvents: return
        case let rule? where rule.kind == .delayEvents: return after(rule) { self.send(event) }
        case let rule? where rule.kind == .reorderEvents:
            held.append(event)
            // Nothing may ever follow.
            return after(rule) { self.release(event.key) }
        case let rule? where rule.kind == .duplicateEvents: send(event)
        default: break
        }
        send(event)
        release(event.key)
    }

    private func release(_ key: String) {
        let ready = held.filter { $0.key == key }
        held.removeAll { $0.key == key }
        for event in ready { send(event) }
    }

    private func send(_ event: (key: String, event: String, json: String)) {
        send(hub.deliveries(ofKey: event.key, kind: event.event, event.json))
    }

    // MARK: Listen keys

    /// Closes every listen key as its owner would, and says that it expired.
    func expireListenKeys() {
        let now = time()
        for account in exchange.settings.accounts {
            var request = VenueRequest(
                method: "POST",
                path: "/fapi/v1/listenKey",
                apiKey: account.key,
                address: "venue"
            )
            let key = AdminCall.listenKey(exchange.handle(request, at: now))
            request.method = "DELETE"
            _ = exchange.handle(request, at: now)
            let json =
                "{\"e\":\"listenKeyExpired\",\"E\":\(now.milliseconds + exchange.skew),\"listenKey\":\(JSONText.quoted(key))}"
            commit {}
            publish([.user(account: account.name, key: key, event: "listenKeyExpired", json: json)])
        }
    }
}

extension ExchangeEvent {
    /// Whether it is for an account, not for everyone.
    fileprivate var isOfUser: Bool {
        if case .user = self { true } else { false }
    }
}
