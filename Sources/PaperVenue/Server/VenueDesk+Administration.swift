import TradingDomain

/// What whoever runs the venue asks of it.
extension VenueDesk {
    func administer(_ request: VenueRequest, _ reply: any ReplyPort) {
        let now = time()
        let call = AdminCall(request, token: adminToken)
        switch call {
        case .refused(let answer): reply.answer(answer)
        case .record(let account):
            let names = exchange.settings.accounts.map(\.name).filter { account == nil || $0 == account }
            let records = names.compactMap { name in
                exchange.record(of: name).map { "\(JSONText.quoted(name)):\($0)" }
            }
            reply.answer(FaultAnswers.make(200, "{" + records.joined(separator: ",") + "}"))
        case .clock:
            let (time, skew) = (now.milliseconds + exchange.skew, exchange.skew)
            let json = "{\"time\":\(time),\"factor\":\(clock.factor),\"skewMilliseconds\":\(skew)}"
            reply.answer(FaultAnswers.make(200, json))
        case .faults: reply.answer(AdminCall.answer(plan.lines(at: clock.now)))
        case .addFaults(let rules):
            plan.add(rules, at: clock.now)
            reply.answer(AdminCall.answer(plan.lines(at: clock.now)))
            tick()
        case .clearFaults:
            plan.clear()
            reply.answer(AdminCall.answer(plan.lines(at: clock.now)))
        case .change(let change):
            guard let market = exchange.markets[change.symbol] else {
                return reply.answer(FaultAnswers.make(400, JSONText.error(-1121, "Invalid symbol.")))
            }
            tell()
            exchange.change(change.applied(to: market.rules))
            commit { reply.answer(FaultAnswers.make(200, "{}")) }
        case .trade(let trade):
            tell()
            exchange.market(trade, at: now)
            commit { reply.answer(FaultAnswers.make(200, "{}")) }
        }
    }
}
