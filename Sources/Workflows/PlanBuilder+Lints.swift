import YAMLNodes

extension PlanBuilder {
    /// Warnings about what is valid and rarely meant.
    func lint(_ steps: [PlannedStep]) {
        for step in steps {
            switch step.kind {
            case .call(let call):
                guard call.signature.name == "approval.wait", call.timeout == nil else { continue }
                let help = "add `timeout: 45m`, or how long a person has"
                let message = "`\(step.id)` waits for a person without `timeout`"
                diagnostics.warning("no-timeout", message, at: step.place, help: help)
            case .finish, .child: continue
            case .fork(let branches): for branch in branches { lint(branch.steps) }
            case .foreach(let each):
                lint(each.steps)
                lintLength(of: each, step)
                guard each.list.type == .list(.ticker), each.maxConcurrent == nil, Self.isUnlimited(each.steps) else {
                    continue
                }
                let help = "add `max_concurrent`, or `pool` to the steps inside"
                let message = "`\(step.id)` starts every ticker at once: nothing limits it"
                diagnostics.warning("no-limit", message, at: step.place, help: help)
            }
        }
    }

    /// A foreach whose orders, so many at a time, cannot be done in one session of the market that the file is scheduled on.
    private func lintLength(of each: PlannedForeach, _ step: PlannedStep) {
        guard let session = sessionLength, let items = itemCount(each.list), let limit = each.maxConcurrent,
            let concurrent = number(limit), concurrent > 0
        else { return }
        let minutes = orderMinutes(each.steps)
        let rounds = (items + concurrent - 1) / concurrent
        guard minutes > 0, .seconds(60) * rounds * minutes > session else { return }
        let message =
            "`\(step.id)` works \(items) items, \(concurrent) at a time, \(minutes) min each: \(rounds * minutes) min, and a "
            + "session has \(DurationText.print(session))"
        let help = "raise `max_concurrent`, or shorten the orders; what the close cuts off is not traded"
        diagnostics.warning("session-length", message, at: step.place, help: help)
    }

    /// Of the market whose sessions start the workflow; `nil` when none does, or it never closes.
    private var sessionLength: Duration? {
        let markets = definition.schedules.compactMap { schedule in
            switch schedule.trigger {
            case .cron(_, _, let onlyOn): onlyOn?.value
            case .market(let market, _, _): market.value
            }
        }
        return markets.compactMap { surroundings.sessionLength?($0) }.min()
    }

    /// How many items a list has that is written out, or is the default of an input.
    private func itemCount(_ list: CheckedExpression) -> Int? {
        if case .list(let items) = list.expression.kind { return items.count }
        guard let path = list.expression.path, path.count == 2, path[0] == "inputs",
            case .list(let items)? = definition.input(path[1])?.defaultValue
        else { return nil }
        return items.count
    }

    /// A whole number that is written out, or is the default of an input.
    private func number(_ value: PlannedValue) -> Int? {
        switch value {
        case .literal(.int(let number)): return Int(number)
        case .expression(let checked):
            guard let path = checked.expression.path, path.count == 2, path[0] == "inputs",
                case .int(let number)? = definition.input(path[1])?.defaultValue
            else { return nil }
            return Int(number)
        case .literal, .template, .list: return nil
        }
    }

    /// How long the orders of one item take that say so, one after the other.
    private func orderMinutes(_ steps: [PlannedStep]) -> Int {
        steps.reduce(0) { sum, step in
            switch step.kind {
            case .call(let call):
                let duration = call.arguments.first { $0.name == "duration_minutes" }
                return sum + (duration.flatMap { number($0.value) } ?? 0)
            case .fork(let branches): return sum + (branches.map { orderMinutes($0.steps) }.max() ?? 0)
            case .finish, .child, .foreach: return sum
            }
        }
    }

    /// True when a step inside does more than compute and nothing limits how many do so at once.
    private static func isUnlimited(_ steps: [PlannedStep]) -> Bool {
        let calls = steps.flatMap { step -> [PlannedCall?] in
            switch step.kind {
            case .call(let call): [call]
            case .child: [nil]
            case .finish: []
            case .foreach(let each): each.maxConcurrent == nil && isUnlimited(each.steps) ? [nil] : []
            case .fork(let branches): isUnlimited(branches.flatMap(\.steps)) ? [nil] : []
            }
        }
        return calls.contains { $0?.signature.effect != .pure } && !calls.contains { $0?.pool != nil }
    }
}
