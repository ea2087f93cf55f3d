import TradingDomain
import YAMLNodes

/// What says when and how a workflow runs: `schedule`, `concurrency`, `defaults` and `retry`.
extension DefinitionReader {
    func defaults(_ map: MappingReader) -> CallDefaults? {
        CallDefaults(timeout: map.optional("timeout", .positiveDuration), retry: map.mapping("retry", retry))
    }

    func retry(_ map: MappingReader) -> RetryPolicy? {
        let attempts = map.required("attempts", .int.within(2...20))
        let first = map.value("first_wait", .positiveDuration, default: .seconds(1))
        let factor = map.value(
            "factor",
            .decimal.within(FixedDecimal(1)...FixedDecimal(10)),
            default: FixedDecimal(2)
        )
        let most = map.value("max_wait", .positiveDuration, default: max(.seconds(60), first))
        let kinds = map.list("on", .nonEmptyText)
        if most < first, let range = map.keyRange("max_wait") {
            diagnostics.error("value", "`max_wait` is shorter than `first_wait`", at: range)
        }
        if let node = map.node("on"), node.sequence?.isEmpty == true {
            diagnostics.error("value", "`on` names no failure", at: node.range, help: "remove it to retry all of them")
        }
        for node in map.node("on")?.sequence ?? [] where !Names.isIdentifier(node.scalar?.text.lowercased() ?? "") {
            let help = "write the codes that steps fail with, such as timed_out"
            diagnostics.error("value", "\(node.kindDescription) is no code of a failure", at: node.range, help: help)
        }
        guard let attempts else { return nil }
        return RetryPolicy(attempts: attempts, firstWait: first, factor: factor, maxWait: most, kinds: kinds)
    }

    func concurrency(_ map: MappingReader) -> ConcurrencyDefinition? {
        let key = map.requiredNode("key")
        let limit = map.required("limit", .int.within(1...1000))
        let policy = map.value("when_full", .enumeration(ConcurrencyDefinition.FullPolicy.self), default: .queue)
        guard let key, let limit else { return nil }
        return ConcurrencyDefinition(key: key, limit: limit, whenFull: policy)
    }

    func schedules(_ map: MappingReader) -> [ScheduleDefinition] {
        guard let nodes = map.sequence("schedule") else { return [] }
        if nodes.isEmpty, let node = map.node("schedule") {
            diagnostics.error("shape", "`schedule` has no entries", at: node.range, help: "remove it")
        }
        var lines: [String: Int] = [:]
        return nodes.compactMap { node in
            let schedule = node.decode(as: "a schedule", diagnostics) { self.schedule($0) }
            guard let schedule else { return nil }
            if let line = lines[schedule.id.value] {
                let message = "`\(schedule.id.value)` names a schedule already (line \(line))"
                diagnostics.error("duplicate-id", message, at: schedule.id.range)
            }
            lines[schedule.id.value] = lines[schedule.id.value] ?? schedule.id.range.line
            return schedule
        }
    }

    private func schedule(_ map: MappingReader) -> ScheduleDefinition? {
        let id = map.requiredNode("id").flatMap { node -> Located<String>? in
            guard let text = node.scalar(.text, named: "`id`", diagnostics) else { return nil }
            if !Names.isWorkflow(text), !Names.isIdentifier(text) {
                let help = "lower-case letters and digits in words joined by `-`, such as month-end"
                diagnostics.error("name", "`\(text)` is no name for a schedule", at: node.range, help: help)
            }
            return Located(text, at: node.range)
        }
        let trigger = trigger(map)
        let lateBy = map.optional("late_by", .positiveDuration)
        let missed = map.value("missed", .enumeration(ScheduleDefinition.MissedPolicy.self), default: .skip)
        let overlap = map.value("overlap", .enumeration(ScheduleDefinition.OverlapPolicy.self), default: .skip)
        var arguments: [YAMLEntry] = []
        if let with = map.node("with") {
            if with.entries == nil {
                let message = "`with` must be a mapping of inputs to values, found \(with.kindDescription)"
                diagnostics.error("shape", message, at: with.range)
            }
            // A schedule has no run to read from: its inputs are literals.
            arguments = (with.entries ?? []).filter { entry in
                ExpressionText.refuse(in: entry.value, named: "`\(entry.key)` of a schedule", diagnostics)
            }
        }
        guard let id, let trigger else { return nil }
        return ScheduleDefinition(
            id: id,
            trigger: trigger,
            lateBy: lateBy ?? ScheduleDefinition.defaultLateBy,
            missed: missed,
            overlap: overlap,
            arguments: arguments,
            hasLateBy: map.has("late_by"),
            range: map.node.range
        )
    }

    private func trigger(_ map: MappingReader) -> ScheduleDefinition.Trigger? {
        if map.has("market"), !map.has("cron") {
            let market = name(map.requiredNode("market"), "`market`")
            let session = map.required("session", .enumeration(ScheduleDefinition.SessionChoice.self))
            let at = map.required("at", .sessionTime)
            guard let market, let session, let at else { return nil }
            return .market(market, session: session, at: at)
        }
        if let range = map.keyRange("market"), map.has("cron") {
            let help =
                "keep `cron` with `timezone`, or `market` with `session` and `at`; `only_on` names a cron's market"
            diagnostics.error("shape", "a schedule has `cron` or `market`, not both", at: range, help: help)
            map.allow("market", "session", "at")
        }
        if !map.has("cron"), map.isMapping, let range = map.node.entries?.first?.keyRange {
            let help = "add `cron` with `timezone`, or `market` with `session` and `at`"
            diagnostics.error("missing-key", "a schedule needs `cron` or `market`", at: range, help: help)
            map.allow("timezone", "only_on", "session", "at", "cron", "market")
            return nil
        }
        let cron = map.required("cron", .cron)
        let zone = name(map.requiredNode("timezone"), "`timezone`")
        let onlyOn = name(map.node("only_on"), "`only_on`")
        guard let cron, let zone else { return nil }
        return .cron(cron, zone: zone, onlyOn: onlyOn)
    }

    private func name(_ node: YAMLNode?, _ key: String) -> Located<String>? {
        guard let node, let text = node.scalar(.nonEmptyText, named: key, diagnostics) else { return nil }
        return Located(text, at: node.range)
    }
}

extension ScalarType<Duration> {
    /// A duration longer than nothing and at most a year, so that a time plus it is always a time.
    static var positiveDuration: ScalarType {
        ScalarType(ScalarType.duration.name) { text throws(ScalarProblem) in
            let value = try ScalarType.duration.parse(text)
            guard value > .zero else { throw ScalarProblem("`\(text)` is no time at all") }
            guard value <= longest else { throw ScalarProblem("`\(text)` is more than \(DurationText.print(longest))") }
            return value
        }
    }

    private static var longest: Duration { .seconds(366 * 86_400) }
}
