import TradingDomain
import YAMLNodes

extension WorkflowRun {
    /// Evaluates the list and its keys, and starts the first items; nothing starts when keys repeat.
    mutating func startLoop(_ each: PlannedForeach, _ step: PlannedStep, in index: Int) throws(RunProblem) {
        let values = try value(of: each.list, in: index).listValue ?? []
        guard values.count <= Self.mostItems else {
            let message = "the list has \(values.count) items; at most \(Self.mostItems) run"
            throw RunProblem(code: "too_many_items", message: message)
        }
        var items: [Loop.Item] = []
        var keys: Set<String> = []
        for value in values {
            let key = try key(of: value, each, in: index)
            guard keys.insert(key).inserted else {
                throw RunProblem(code: "duplicate_key", message: "two items have the key `\(key)`; no item was started")
            }
            items.append(Loop.Item(key: key, value: value))
        }
        let limit = try each.maxConcurrent.map { value throws(RunProblem) in try number(value, in: index) } ?? Int.max
        guard limit >= 1 else {
            throw RunProblem(code: "bad_input", message: "`max_concurrent` is \(limit); it must be 1 or more")
        }
        let minimum = try each.minSuccess.flatMap { value throws(RunProblem) in
            try self.value(of: value, .percent, in: index)
        }
        scopes[index].isWaiting = true
        loops.append(
            Loop(
                scope: index,
                id: step.id,
                path: scopes[index].path.appending(step.id),
                plan: each,
                limit: limit,
                minSuccess: minimum?.percentValue,
                order: position(of: index),
                items: items
            )
        )
        events.append(.foreachStarted(scopes[index].path.appending(step.id), items: items.count))
        pump(loops.count - 1)
    }

    private func key(of value: Value, _ each: PlannedForeach, in index: Int) throws(RunProblem) -> String {
        let key = try self.value(of: each.key, in: index, variable: (each.variable, value)).description
        guard !key.isEmpty, key.utf8.count <= 128, key.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw RunProblem(
                code: "bad_key",
                message: "`\(key.prefix(40))` is no key: 1 to 128 bytes, no control characters"
            )
        }
        return key
    }

    private func number(_ value: PlannedValue, in index: Int) throws(RunProblem) -> Int {
        Int(clamping: try self.value(of: value, .int, in: index)?.intValue ?? 0)
    }

    /// Starts items in order while there is room, and finishes the loop after the last.
    private mutating func pump(_ index: Int) {
        guard !loops[index].isPumping, !loops[index].isFinished else { return }
        loops[index].isPumping = true
        while let next = nextItem(of: index) { startItem(next, of: index) }
        loops[index].isPumping = false
        let loop = loops[index]
        guard loop.inFlight == 0, loop.next >= loop.items.count || loop.stoppedBy != nil else { return }
        finish(index)
    }

    private mutating func nextItem(of index: Int) -> Int? {
        while loops[index].next < loops[index].items.count, loops[index].items[loops[index].next].isStarted {
            loops[index].next += 1
        }
        let loop = loops[index]
        if loop.next < loop.items.count, loop.stoppedBy == nil, loop.inFlight < loop.limit { return loop.next }
        guard !evidence.isEmpty else { return nil }
        return loop.items.indices.first { item in
            !loop.items[item].isStarted && evidence.contains(loop.path.item(loop.items[item].key))
        }
    }

    private mutating func startItem(_ item: Int, of index: Int) {
        loops[index].items[item].isStarted = true
        loops[index].inFlight += 1
        let loop = loops[index]
        let path = loop.path.item(loop.items[item].key)
        let kind = Scope.Kind.item(
            loop: index,
            index: item,
            variable: loop.plan.variable,
            value: loop.items[item].value
        )
        let order = loop.order + [item]
        scopes.append(Scope(kind: kind, path: path, parent: loop.scope, order: order, steps: loop.plan.steps))
        events.append(.itemStarted(path, key: loop.items[item].key))
        advance(scopes.count - 1)
    }

    mutating func finishItem(_ scope: Int) {
        guard case .item(let loop, let item, _, _) = scopes[scope].kind else { return }
        scopes[scope].phase = .done
        let ended = RunResult(status: scopes[scope].status, message: scopes[scope].message)
        if ended.status != .failed, let collect = loops[loop].plan.collect {
            // Left out when absent: the item ended before the step that it comes from.
            if let value = try? value(of: collect, in: scope), !value.isNull {
                loops[loop].items[item].collected = value
            }
        }
        let key = loops[loop].items[item].key
        loops[loop].items[item].result = ended
        loops[loop].inFlight -= 1
        if ended.status == .failed, loops[loop].plan.onItemFailure == .stop, loops[loop].stoppedBy == nil {
            loops[loop].stoppedBy = "item `\(key)` failed: \(ended.message)"
        }
        scopes[scope].outputs = [:]
        events.append(.itemFinished(scopes[scope].path, key: key, ended))
        pump(loop)
    }

    private mutating func finish(_ index: Int) {
        loops[index].isFinished = true
        let loop = loops[index]
        let statuses = loop.items.compactMap(\.result?.status)
        if !statuses.isEmpty {
            let status = ItemStatus.combined(statuses)
            scopes[loop.scope].statuses.append(status)
            if loop.items.count == 1, let only = loop.items[0].result, !only.message.isEmpty {
                scopes[loop.scope].notes.append((status, only.message))
            } else if let worst = loop.items.last(where: {
                $0.result?.status == status && $0.result?.message.isEmpty == false
            }) {
                scopes[loop.scope].notes.append((status, "\(worst.key): \(worst.result?.message ?? "")"))
            }
        }
        let output = Self.output(of: loop.plan, loop.id, items: loop.items)
        scopes[loop.scope].outputs[loop.id] = output
        let failed = statuses.count { $0 == .failed }
        if let reason = loop.stoppedBy {
            fail(loop.scope, code: "item_failed", message: "foreach `\(loop.path)` stopped: \(reason)")
        } else if let minimum = loop.minSuccess, Self.isBelow(minimum, failed: failed, of: loop.items.count) {
            let good = loop.items.count - failed
            let message =
                "foreach `\(loop.path)`: \(good) of \(loop.items.count) items did not fail; \(minimum)% must not"
            fail(loop.scope, code: "too_few_succeeded", message: message)
        } else {
            succeed(loop.scope, with: output)
        }
        advance(loop.scope)
    }

    /// `min_success` is the share of items that must not be FAILED; ABSTAIN, BLOCKED and the like are no failures.
    private static func isBelow(_ minimum: FixedDecimal, failed: Int, of count: Int) -> Bool {
        Int128(count - failed) * 100 * Int128(FixedDecimal.scale) < minimum.units * Int128(count)
    }

    /// `collected` of the items that did not fail, in item order; `succeeded` counts SUCCESS, PARTIAL and HOLD.
    static func output(of each: PlannedForeach, _ id: String, items: [Loop.Item]) -> Value {
        let statuses = items.compactMap(\.result?.status)
        var record = Value.Record(
            "foreach `\(id)`",
            [
                ("succeeded", .int(Int64(statuses.count { $0.countsAsSucceeded }))),
                ("failed", .int(Int64(statuses.count { $0 == .failed }))),
            ]
        )
        if each.collect != nil { record["collected"] = .list(items.compactMap(\.collected)) }
        return .record(record)
    }

    /// Starts the items that the paths lie in, whatever limits say: their outcomes are on record.
    mutating func admit(_ paths: [StepPath]) {
        for path in paths {
            for (offset, character) in zip(path.text.indices, path.text) where character == "]" {
                evidence.insert(StepPath(String(path.text[...offset])))
            }
        }
        for index in loops.indices { pump(index) }
    }
}
