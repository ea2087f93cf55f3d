import YAMLNodes

extension PlanBuilder {
    /// The key of `concurrency`: a text over the inputs, known before anything runs.
    func concurrencyKey(_ concurrency: ConcurrencyDefinition, _ scope: StepScope) -> CheckedExpression? {
        guard let key = checker(scope).bare(concurrency.key, named: "`key`") else { return nil }
        if case .enumeration = key.type { return key }
        guard [.text, .ticker, .int, .date].contains(key.type) else {
            let help = "name an input that tells runs apart, such as inputs.watchlist"
            let message = "`key` wants a text, got \(key.type)"
            diagnostics.error("type", message, at: concurrency.key.range, help: help)
            return nil
        }
        return key
    }

    func plan(_ schedule: ScheduleDefinition, _ scope: StepScope) -> WorkflowSchedule? {
        let markets: [Located<String>?]
        switch schedule.trigger {
        case .cron(_, let zone, let onlyOn):
            if surroundings.isZone?(zone.value) == false {
                let help = "write the name of the IANA data base, such as America/New_York"
                diagnostics.error("unknown-name", "no time zone is called `\(zone.value)`", at: zone.range, help: help)
            }
            markets = [onlyOn]
        case .market(let market, _, _): markets = [market]
        }
        for market in markets.compactMap(\.self) {
            guard let problem = surroundings.problem(with: market.value, as: .calendar) else { continue }
            diagnostics.error("unknown-name", problem.message, at: market.range, help: problem.help)
        }
        if !schedule.hasLateBy {
            let help = "write how late a run may still start; without it, \(DurationText.print(schedule.lateBy))"
            let message = "schedule `\(schedule.id.value)` has no `late_by`"
            diagnostics.warning("late-by", message, at: schedule.id.range, help: help)
        }
        let fields = definition.inputs.map { input in
            ArgumentChecker.Field(
                name: input.name.value,
                type: input.type,
                isRequired: input.isRequired,
                problem: { input.problem(with: $0) }
            )
        }
        let owner = "schedule `\(schedule.id.value)`"
        let planned = checker(scope).arguments(schedule.arguments, for: fields, of: owner, at: schedule.id.range)
        var inputs: [String: Value] = [:]
        for argument in planned {
            guard let value = literal(argument.value) else { continue }
            inputs[argument.name] = registry.types.widened(value, to: argument.type)
        }
        return WorkflowSchedule(definition: schedule, inputs: inputs)
    }

    private func literal(_ value: PlannedValue) -> Value? {
        switch value {
        case .literal(let value): value
        case .list(let values): .list(values.compactMap { literal($0) })
        case .expression, .template: nil
        }
    }
}

extension WorkflowBundle {
    /// What a run with these inputs counts as, or `nil` when any number of runs may go on at once.
    ///
    /// - Throws: ``WorkflowInputError`` when the inputs are wrong, or `key` has no value for them.
    public func concurrencySlot(for inputs: [String: Value]) throws(WorkflowInputError) -> ConcurrencySlot? {
        guard let concurrency = definition.concurrency, let key = root.concurrencyKey else { return nil }
        let checked = try definition.checked(inputs, types: types)
        var evaluator = ExpressionEvaluator { path in
            path[0] == "inputs" && path.count > 1 ? (checked[path[1]], 2) : nil
        }
        do throws(EvaluationError) {
            let value = try evaluator.evaluate(key.expression)
            guard !value.isNull else {
                throw EvaluationError(code: .absent, message: "`\(key.text)` is not known before the run starts")
            }
            return ConcurrencySlot(key: value.description, limit: concurrency.limit, whenFull: concurrency.whenFull)
        } catch {
            throw WorkflowInputError(problems: ["`key` of `concurrency`: \(error.message)"])
        }
    }
}
