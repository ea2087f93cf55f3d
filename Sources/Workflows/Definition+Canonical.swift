import TradingDomain
import YAMLNodes

extension WorkflowDefinition {
    /// This definition alone as canonical JSON.
    public var canonicalJSON: String { canonical.text }

    /// SHA-256 of ``canonicalJSON``, as 64 lower-case hexadecimal digits.
    public var hash: String { JSONText.sha256(canonicalJSON) }

    var canonical: JSONText {
        var keys: [(String, JSONText)] = [("format", .raw("1")), ("workflow", .text(name.value))]
        if let description { keys.append(("description", .text(description))) }
        if !inputs.isEmpty { keys.append(("inputs", .object(inputs.map { ($0.name.value, $0.canonical) }))) }
        if !schedules.isEmpty { keys.append(("schedule", .array(schedules.map(\.canonical)))) }
        if let concurrency { keys.append(("concurrency", concurrency.canonical)) }
        if let timeout { keys.append(("timeout", .text(DurationText.print(timeout)))) }
        var fallback: [(String, JSONText)] = []
        if let timeout = defaults.timeout { fallback.append(("timeout", .text(DurationText.print(timeout)))) }
        if let retry = defaults.retry { fallback.append(("retry", retry.canonical)) }
        if !fallback.isEmpty { keys.append(("defaults", .object(fallback))) }
        keys.append(("steps", .array(steps.map(\.canonical))))
        if !onFailure.isEmpty { keys.append(("on_failure", .array(onFailure.map(\.canonical)))) }
        if !finally.isEmpty { keys.append(("finally", .array(finally.map(\.canonical)))) }
        return .object(keys)
    }
}

extension InputDeclaration {
    var canonical: JSONText {
        var keys: [(String, JSONText)] = [("type", .text("\(type)"))]
        if let defaultValue { keys.append(("default", defaultValue.canonical)) }
        if !isRequired, defaultValue == nil { keys.append(("required", .raw("false"))) }
        if let minimum { keys.append(("min", minimum.canonical)) }
        if let maximum { keys.append(("max", maximum.canonical)) }
        if let oneOf { keys.append(("one_of", .array(oneOf.map(\.canonical)))) }
        if let description { keys.append(("description", .text(description))) }
        return .object(keys)
    }
}

extension StepDefinition {
    var canonical: JSONText {
        var keys: [(String, JSONText)] = [("id", .text(id.value))]
        if let condition { keys.append(("if", condition.canonical)) }
        switch kind {
        case .call(let call):
            keys.append(("uses", .text(call.uses.value)))
            if !call.arguments.isEmpty {
                keys.append(("with", .object(call.arguments.map { ($0.key, $0.value.canonical) })))
            }
            if let timeout = call.timeout { keys.append(("timeout", .text(DurationText.print(timeout.value)))) }
            if let retry = call.retry { keys.append(("retry", retry.value.canonical)) }
            if let pool = call.pool { keys.append(("pool", .text(pool.value))) }
        case .foreach(let each):
            keys.append(("foreach", each.list.canonical))
            keys.append(("as", .text(each.variable.value)))
            keys.append(("key", each.key.canonical))
            keys.append(("on_item_failure", .text(each.onItemFailure.rawValue)))
            if let limit = each.maxConcurrent { keys.append(("max_concurrent", limit.canonical)) }
            if let success = each.minSuccess { keys.append(("min_success", success.canonical)) }
            if let collect = each.collect { keys.append(("collect", collect.canonical)) }
            keys.append(("steps", .array(each.steps.map(\.canonical))))
        case .parallel(let fork):
            let branches = fork.branches.map { ($0.name.value, JSONText.array($0.steps.map(\.canonical))) }
            keys.append(("parallel", .object(branches)))
        }
        return .object(keys)
    }
}

extension YAMLNode {
    /// Scalars by their text, whatever their quotes.
    var canonical: JSONText {
        switch content {
        case .scalar(let scalar): .text(scalar.text)
        case .sequence(let nodes): .array(nodes.map(\.canonical))
        case .mapping(let entries): .object(entries.map { ($0.key, $0.value.canonical) })
        }
    }
}

extension Value {
    var canonical: JSONText {
        switch self {
        case .list(let values): .array(values.map(\.canonical))
        case .record(let record): .object(record.fields.map { ($0.name, $0.value.canonical) })
        default: .text(description)
        }
    }
}

extension RetryPolicy {
    var canonical: JSONText {
        var keys: [(String, JSONText)] = [
            ("attempts", .raw(String(attempts))), ("first_wait", .text(DurationText.print(firstWait))),
            ("factor", .text(factor.description)), ("max_wait", .text(DurationText.print(maxWait))),
        ]
        if let kinds { keys.append(("on", .array(kinds.map { .text($0) }))) }
        return .object(keys)
    }
}

extension ConcurrencyDefinition {
    var canonical: JSONText {
        .object([("key", key.canonical), ("limit", .raw(String(limit))), ("when_full", .text(whenFull.rawValue))])
    }
}

extension ScheduleDefinition {
    var canonical: JSONText {
        var keys: [(String, JSONText)] = [
            ("id", .text(id.value)), ("late_by", .text(DurationText.print(lateBy))), ("missed", .text(missed.rawValue)),
            ("overlap", .text(overlap.rawValue)),
        ]
        switch trigger {
        case .cron(let cron, let zone, let onlyOn):
            keys += [("cron", .text(cron.text)), ("timezone", .text(zone.value))]
            if let onlyOn { keys.append(("only_on", .text(onlyOn.value))) }
        case .market(let market, let session, let at):
            keys += [("market", .text(market.value)), ("session", .text(session.rawValue)), ("at", .text("\(at)"))]
        }
        if !arguments.isEmpty { keys.append(("with", .object(arguments.map { ($0.key, $0.value.canonical) }))) }
        return .object(keys)
    }
}
