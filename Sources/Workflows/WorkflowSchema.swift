/// JSON Schema (draft-07) of workflow files, for editors: made from the same step types as the validator.
///
/// A valid file fits the schema; the schema knows shapes and literals, not names and types of expressions, so the
/// validator finds more.
public struct WorkflowSchema: Sendable {
    private let registry: StepRegistry

    public init(registry: StepRegistry) { self.registry = registry }

    /// The schema as indented JSON with sorted keys.
    public var text: String { root.indented }

    private var root: JSONText {
        .object([
            ("$schema", .text("http://json-schema.org/draft-07/schema#")),
            ("title", .text("SmartExecutor workflow, format 1")),
            ("type", .text("object")),
            ("required", .array([.text("format"), .text("workflow"), .text("steps")])),
            ("additionalProperties", .raw("false")),
            ("properties", .object(topKeys)),
            ("definitions", .object(definitions)),
        ])
    }

    private var topKeys: [(String, JSONText)] {
        [
            ("format", .object([("enum", .array([.raw("1"), .text("1")]))])),
            ("workflow", Self.pattern("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "in words joined by -, such as process-ticker")),
            ("description", Self.reference("text")),
            ("inputs", .object([("type", .text("object")), ("additionalProperties", Self.reference("input"))])),
            ("schedule", Self.list(of: Self.reference("schedule"))),
            ("concurrency", Self.reference("concurrency")),
            ("timeout", Self.reference("duration")),
            ("defaults", Self.reference("defaults")),
            ("steps", Self.list(of: Self.reference("step"))),
            ("on_failure", Self.list(of: Self.reference("call"))),
            ("finally", Self.list(of: Self.reference("call"))),
        ]
    }

    // MARK: - Definitions

    private var definitions: [(String, JSONText)] {
        literals + enumerations + operation + steps
            + registry.signatures.keys.sorted().compactMap { name in
                registry[name].map { ("with.\(name)", arguments(of: $0)) }
            }
    }

    private var literals: [(String, JSONText)] {
        let digits = "-?(0|[1-9][0-9]*)"
        let plain = "-?[0-9]+(\\.[0-9]{1,8})?"
        return [
            ("expression", Self.pattern("^\\s*\\$\\{\\{[\\s\\S]*\\}\\}\\s*$", "a CEL expression as the whole value")),
            ("cel", .object([("type", Self.types("string", "boolean", "number"))])),
            ("bool", .object([("enum", .array([.raw("true"), .raw("false"), .text("true"), .text("false")]))])),
            ("int", Self.either(.object([("type", .text("integer"))]), Self.pattern("^\(digits)$", "a whole number"))),
            ("decimal", Self.either(.object([("type", .text("number"))]), Self.pattern("^\(plain)$", "a decimal"))),
            ("percent", Self.pattern("^\(plain)%$", "a percentage, such as 2.5%")),
            ("money", Self.pattern("^\(plain) [A-Z]{3,8}$", "an amount, such as 50000 USD")),
            (
                "duration",
                Self.pattern(
                    "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
                    "ms, s, m, h and d, largest first, such as 1h30m"
                )
            ),
            ("date", Self.pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "such as 2026-11-20")),
            (
                "timestamp",
                Self.pattern(
                    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
                    "a time with its offset, such as 2026-11-20T14:30:00Z"
                )
            ),
            (
                "ticker",
                .object([
                    ("type", Self.types("string", "integer")), ("pattern", .text("^[A-Z0-9][A-Z0-9.^/=_-]{0,23}$")),
                ])
            ),
            ("text", .object([("type", Self.types("string", "number", "boolean"))])),
            ("identifier", Self.pattern("^[a-z][a-z0-9_]{0,63}$", "lower-case letters, digits and _")),
        ]
    }

    private var enumerations: [(String, JSONText)] {
        registry.types.enumerations.keys.sorted().map { name in
            let cases = registry.types.enumerations[name] ?? []
            let aliases = (registry.types.aliases[name] ?? [:]).keys.sorted()
            return (name, .object([("enum", .array((cases + aliases).map { .text($0) }))]))
        }
    }

    private var operation: [(String, JSONText)] {
        let retry: [(String, JSONText)] = [
            ("attempts", .object([("type", .text("integer")), ("minimum", .raw("2")), ("maximum", .raw("20"))])),
            ("first_wait", Self.reference("duration")), ("factor", Self.reference("decimal")),
            ("max_wait", Self.reference("duration")), ("on", Self.list(of: .object([("type", .text("string"))]))),
        ]
        let input: [(String, JSONText)] = [
            (
                "type",
                .object([("type", .text("string")), ("examples", .array(registry.types.typeNames.map { .text($0) }))])
            ),
            ("required", Self.reference("bool")), ("default", .raw("true")), ("min", .raw("true")),
            ("max", .raw("true")),
            ("one_of", .object([("type", .text("array"))])), ("description", Self.reference("text")),
        ]
        let concurrency: [(String, JSONText)] = [
            ("key", Self.reference("cel")), ("limit", Self.reference("int")),
            ("when_full", Self.words(ConcurrencyDefinition.FullPolicy.allCases.map(\.rawValue))),
        ]
        let name = JSONText.object([("type", .text("string"))])
        let schedule: [(String, JSONText)] = [
            ("id", name), ("cron", name), ("timezone", name), ("only_on", name), ("market", name),
            ("session", Self.words(ScheduleDefinition.SessionChoice.allCases.map(\.rawValue))), ("at", name),
            ("late_by", Self.reference("duration")),
            ("missed", Self.words(ScheduleDefinition.MissedPolicy.allCases.map(\.rawValue))),
            ("overlap", Self.words(ScheduleDefinition.OverlapPolicy.allCases.map(\.rawValue))),
            ("with", .object([("type", .text("object"))])),
        ]
        let triggers = Self.either(Self.required(["cron", "timezone"]), Self.required(["market", "session", "at"]))
        return [
            ("retry", Self.record(retry, required: ["attempts"])), ("input", Self.record(input, required: ["type"])),
            ("concurrency", Self.record(concurrency, required: ["key", "limit"])),
            ("defaults", Self.record([("timeout", Self.reference("duration")), ("retry", Self.reference("retry"))])),
            ("schedule", .object(Self.recordKeys(schedule, required: ["id"]) + [("allOf", .array([triggers]))])),
        ]
    }

    // MARK: - Steps

    private var steps: [(String, JSONText)] {
        let number = Self.either(Self.reference("int"), Self.reference("expression"))
        let foreach: [(String, JSONText)] = [
            ("id", Self.reference("identifier")), ("if", Self.reference("cel")), ("foreach", Self.reference("cel")),
            ("as", Self.reference("identifier")), ("key", Self.reference("cel")), ("max_concurrent", number),
            ("on_item_failure", Self.words(ForeachDefinition.FailurePolicy.allCases.map(\.rawValue))),
            ("min_success", Self.either(Self.reference("percent"), Self.reference("expression"))),
            ("steps", Self.list(of: Self.reference("step"))), ("collect", Self.reference("cel")),
        ]
        let fork: [(String, JSONText)] = [
            ("id", Self.reference("identifier")), ("if", Self.reference("cel")),
            (
                "parallel",
                .object([
                    ("type", .text("object")), ("minProperties", .raw("2")),
                    ("additionalProperties", Self.list(of: Self.reference("step"))),
                ])
            ),
        ]
        // Chosen by what is written, so that an editor names the one key that is wrong.
        let step = Self.choice(
            if: Self.required(["foreach"]),
            then: Self.reference("foreach"),
            else: Self.choice(
                if: Self.required(["parallel"]),
                then: Self.reference("fork"),
                else: Self.reference("call")
            )
        )
        return [
            ("step", step), ("call", call),
            ("foreach", Self.record(foreach, required: ["id", "foreach", "as", "key", "steps"])),
            ("fork", Self.record(fork, required: ["id", "parallel"])),
        ]
    }

    private var call: JSONText {
        let names = registry.signatures.keys.sorted()
        let keys: [(String, JSONText)] = [
            ("id", Self.reference("identifier")), ("uses", Self.words(names)),
            ("with", .object([("type", .text("object"))])),
            ("if", Self.reference("cel")), ("timeout", Self.reference("duration")), ("retry", Self.reference("retry")),
            ("pool", .object([("type", .text("string"))])),
        ]
        let rules = names.compactMap { name -> JSONText? in
            guard let signature = registry[name] else { return nil }
            let uses = JSONText.object([("properties", .object([("uses", .object([("const", .text(name))]))]))])
            var limits: [(String, JSONText)] = [("with", Self.reference("with.\(name)"))]
            if signature.effect != .read, signature.effect != .notify { limits.append(("retry", .raw("false"))) }
            if name == StepRegistry.finish.name || name == StepRegistry.workflowRun.name {
                limits.append(("pool", .raw("false")))
            }
            if name == StepRegistry.finish.name { limits.append(("timeout", .raw("false"))) }
            var then: [(String, JSONText)] = [("properties", .object(limits))]
            let needsInputs = signature.inputs.contains(where: \.isRequired) || !signature.oneInputOf.isEmpty
            if needsInputs { then.append(("required", .array([.text("with")]))) }
            return Self.choice(if: uses, then: .object(then), else: nil)
        }
        return .object(Self.recordKeys(keys, required: ["id", "uses"]) + [("allOf", .array(rules))])
    }

    private func arguments(of signature: StepSignature) -> JSONText {
        var keys: [(String, JSONText)] = [("type", .text("object")), ("description", .text(signature.doc))]
        keys.append(("properties", .object(signature.inputs.map { ($0.name, schema(of: $0)) })))
        // The other inputs of workflow.run are those of the child.
        if signature.name != StepRegistry.workflowRun.name { keys.append(("additionalProperties", .raw("false"))) }
        let required = signature.inputs.filter(\.isRequired).map { JSONText.text($0.name) }
        if !required.isEmpty { keys.append(("required", .array(required))) }
        if !signature.oneInputOf.isEmpty {
            keys.append(("oneOf", .array(signature.oneInputOf.map { Self.required([$0]) })))
        }
        return .object(keys)
    }

    private func schema(of field: StepSignature.Field) -> JSONText {
        var keys: [(String, JSONText)] = []
        if let allowed = field.oneOf {
            keys = [("anyOf", .array([Self.words(allowed), Self.reference("expression")]))]
        } else {
            keys = [("anyOf", .array([schema(of: field.type), Self.reference("expression")]))]
        }
        if !field.doc.isEmpty { keys.append(("description", .text(field.doc))) }
        return .object(keys)
    }

    private func schema(of type: ValueType) -> JSONText {
        switch type {
        case .bool, .int, .decimal, .percent, .money, .duration, .date, .timestamp, .ticker, .text:
            Self.reference("\(type)")
        case .enumeration(let name): Self.reference(name)
        case .optional(let wrapped): schema(of: wrapped)
        case .list(let element):
            .object([
                ("type", .text("array")),
                ("items", Self.either(schema(of: element), Self.reference("expression"))),
            ])
        case .record(let name) where registry.types.records[name]?.isOpen == true:
            .object([("type", .text("object")), ("additionalProperties", Self.reference("text"))])
        case .record, .nothing: Self.reference("expression")
        }
    }

    // MARK: - Pieces

    private static func reference(_ name: String) -> JSONText {
        .object([("$ref", .text("#/definitions/\(name)"))])
    }

    private static func pattern(_ pattern: String, _ doc: String) -> JSONText {
        .object([("type", .text("string")), ("pattern", .text(pattern)), ("description", .text(doc))])
    }

    private static func types(_ names: String...) -> JSONText { .array(names.map { .text($0) }) }

    private static func words(_ words: [String]) -> JSONText { .object([("enum", .array(words.map { .text($0) }))]) }

    private static func list(of items: JSONText) -> JSONText {
        .object([("type", .text("array")), ("minItems", .raw("1")), ("items", items)])
    }

    private static func either(_ schemas: JSONText...) -> JSONText { .object([("anyOf", .array(schemas))]) }

    private static func required(_ names: [String]) -> JSONText {
        .object([("required", .array(names.map { .text($0) }))])
    }

    private static func choice(if condition: JSONText, then: JSONText, else other: JSONText?) -> JSONText {
        .object([("if", condition), ("then", then)] + (other.map { [("else", $0)] } ?? []))
    }

    private static func record(_ keys: [(String, JSONText)], required: [String] = []) -> JSONText {
        .object(recordKeys(keys, required: required))
    }

    private static func recordKeys(_ keys: [(String, JSONText)], required: [String]) -> [(String, JSONText)] {
        var record: [(String, JSONText)] = [
            ("type", .text("object")), ("properties", .object(keys)), ("additionalProperties", .raw("false")),
        ]
        if !required.isEmpty { record.append(("required", .array(required.map { .text($0) }))) }
        return record
    }
}
