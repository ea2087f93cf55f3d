/// What a step type may do to the world; it belongs to the type, not to the file.
public enum StepEffect: String, Hashable, Sendable, Codable {
    /// Recomputed freely.
    case pure
    /// May repeat until its output is committed.
    case read
    /// Intent first, then reconcile; never sent again.
    case order
    /// At least once, with a key.
    case notify
}

/// What a step type takes, gives and does.
public struct StepSignature: Hashable, Sendable {
    /// One field of `with:`.
    public struct Field: Hashable, Sendable {
        public let name: String
        public let type: ValueType
        public let isRequired: Bool
        /// Used when the file gives none; of `type`.
        public let defaultValue: Value?
        /// True for texts meant for people: `${{ }}` may stand inside them.
        public let isTemplate: Bool
        /// Exact texts that a text field allows.
        public let oneOf: [String]?
        /// What a text names or spells, so that the validator can look it up.
        public let role: Role?
        public let doc: String

        private init(
            _ name: String,
            _ type: ValueType,
            isRequired: Bool,
            defaultValue: Value?,
            isTemplate: Bool,
            oneOf: [String]?,
            role: Role?,
            doc: String
        ) {
            self.name = name
            self.type = type
            self.isRequired = isRequired
            self.defaultValue = defaultValue
            self.isTemplate = isTemplate
            self.oneOf = oneOf
            self.role = role
            self.doc = doc
        }

        public static func required(
            _ name: String,
            _ type: ValueType,
            oneOf: [String]? = nil,
            isTemplate: Bool = false,
            role: Role? = nil,
            doc: String = ""
        ) -> Field {
            Field(
                name,
                type,
                isRequired: true,
                defaultValue: nil,
                isTemplate: isTemplate,
                oneOf: oneOf,
                role: role,
                doc: doc
            )
        }

        public static func optional(
            _ name: String,
            _ type: ValueType,
            default value: Value? = nil,
            oneOf: [String]? = nil,
            isTemplate: Bool = false,
            role: Role? = nil,
            doc: String = ""
        ) -> Field {
            Field(
                name,
                type,
                isRequired: false,
                defaultValue: value,
                isTemplate: isTemplate,
                oneOf: oneOf,
                role: role,
                doc: doc
            )
        }

        /// What a text field names outside of the file, or how it is spelt.
        public enum Role: String, Hashable, Sendable, CaseIterable {
            case agent, model, watchlist, account, calendar, file, channel, limits
            /// `open + 15m`, `close - 1h`, `15:30`.
            case sessionTime = "session time"
            /// An IANA name such as `Europe/London`.
            case zone = "time zone"
        }
    }

    /// As `uses:` names it: `risk.check`.
    public let name: String
    public let effect: StepEffect
    public let inputs: [Field]
    /// The record that `steps.<id>` is; its fields are the outputs.
    public let output: RecordType
    /// Exactly one of these inputs is given; empty for no such rule.
    public let oneInputOf: [String]
    public let doc: String

    /// A step type whose outputs are fields of its own.
    public init(
        _ name: String,
        _ effect: StepEffect,
        inputs: [Field],
        outputs: [RecordType.Field],
        oneInputOf: [String] = [],
        doc: String = ""
    ) {
        self.init(
            name,
            effect,
            inputs: inputs,
            output: RecordType("\(name) output", outputs),
            oneInputOf: oneInputOf,
            doc: doc
        )
    }

    /// A step type that exports a record, so that `steps.<id>` itself is one: `portfolio.snapshot` and `Book`.
    public init(
        _ name: String,
        _ effect: StepEffect,
        inputs: [Field],
        output: RecordType,
        oneInputOf: [String] = [],
        doc: String = ""
    ) {
        self.name = name
        self.effect = effect
        self.inputs = inputs
        self.output = output
        self.oneInputOf = oneInputOf
        self.doc = doc
    }

    public func input(_ name: String) -> Field? { inputs.first { $0.name == name } }
}

/// The step types that files may use, and the types of their fields.
public struct StepRegistry: Sendable {
    public private(set) var signatures: [String: StepSignature] = [:]
    public private(set) var types: TypeRegistry

    /// Starts with the step types that the interpreter runs itself: `flow.finish` and `workflow.run`.
    public init(types: TypeRegistry = .standard, _ signatures: [StepSignature] = []) {
        self.types = types
        for signature in [Self.finish, Self.workflowRun] + signatures { register(signature) }
    }

    public mutating func register(_ signature: StepSignature) {
        signatures[signature.name] = signature
        types.register(signature.output)
    }

    public subscript(name: String) -> StepSignature? { signatures[name] }

    /// `flow.finish`: ends the enclosing scope as a success.
    static let finish = StepSignature(
        "flow.finish",
        .pure,
        inputs: [
            .optional("note", .text, isTemplate: true, doc: "why; shown as the item's message"),
            .optional(
                "status",
                .text,
                oneOf: ["SUCCESS", "HOLD"],
                doc: "what the scope reports; absent leaves it to its steps"
            ),
        ],
        outputs: [],
        doc: "Ends the enclosing item or run as a success: one guard instead of an `if` on each later step."
    )

    /// `workflow.run`: its other inputs are the child's.
    static let workflowRun = StepSignature(
        "workflow.run",
        .pure,
        inputs: [.required("workflow", .text, doc: "the child's name, written out")],
        outputs: [.init("result", .record("RunResult"), "how the child ended; it never throws here")],
        doc: "Runs another workflow as a child with a scope of its own."
    )
}
