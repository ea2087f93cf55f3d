import YAMLNodes

/// What a workflow may name outside of its file: pools, calendars, agents and the like.
///
/// `nil` means that the names are not known where the file is checked; they are then not looked at. The program gives what its
/// configuration has; `--deep` gives everything.
public struct WorkflowSurroundings: Sendable {
    public var pools: [String]?
    /// Market calendars by their code, such as `XNYS`.
    public var calendars: [String]?
    /// How long a usual session of a market's calendar lasts; `nil` for one that never closes.
    public var sessionLength: (@Sendable (String) -> Duration?)?
    /// Whether an IANA time zone is known.
    public var isZone: (@Sendable (String) -> Bool)?
    public var agents: [String]?
    public var models: [String]?
    public var watchlists: [String]?
    public var accounts: [String]?
    /// Sets of risk limits.
    public var limits: [String]?
    /// Channels that people are told by.
    public var channels: [String]?
    /// Whether a file can be read.
    public var isFile: (@Sendable (String) -> Bool)?

    public init() {}

    /// Why `name` is no name for a role, and what to do; `nil` when it is fine or not known here.
    func problem(with name: String, as role: StepSignature.Field.Role) -> (message: String, help: String?)? {
        switch role {
        case .agent: Self.problem(name, "agent", agents)
        case .model: Self.problem(name, "model", models)
        case .watchlist: Self.problem(name, "watchlist", watchlists)
        case .account: Self.problem(name, "account", accounts)
        case .channel: Self.problem(name, "channel", channels)
        case .limits: Self.problem(name, "set of limits", limits)
        case .calendar: Self.problem(name, "calendar", calendars)
        case .file:
            isFile?(name) == false ? ("there is no file `\(name)`", "paths begin at the working directory") : nil
        case .sessionTime: Self.problem(inSessionTime: name)
        case .zone:
            isZone?(name) == false
                ? ("no time zone is called `\(name)`", "use an IANA name such as America/New_York") : nil
        }
    }

    private static func problem(inSessionTime text: String) -> (message: String, help: String?)? {
        do throws(ScalarProblem) {
            _ = try SessionTime(parsing: text)
            return nil
        } catch {
            return (error.message, error.help)
        }
    }

    static func problem(_ name: String, _ what: String, _ known: [String]?) -> (message: String, help: String?)? {
        guard let known, !known.contains(name) else { return nil }
        let list = known.isEmpty ? "none is configured" : "known: \(known.sorted().joined(separator: ", "))"
        let help = Suggestion.question(for: name, in: known).map { "\($0) \(list)" } ?? list
        return ("no \(what) is called `\(name)`", help)
    }
}

extension ArgumentChecker {
    /// Looks up what a text names: written out, or as the default of the input that it comes from.
    func checkNames(_ value: PlannedValue, _ field: Field, named name: String, at place: SourceRange) {
        guard let role = field.role else { return }
        switch value {
        case .literal(let literal):
            guard let text = literal.textValue, let problem = surroundings.problem(with: text, as: role) else { return }
            diagnostics.error(Self.rule(role), "\(name): \(problem.message)", at: place, help: problem.help)
        case .expression(let checked):
            guard let path = checked.expression.path, path.count == 2, path[0] == "inputs",
                let text = scope.definition.input(path[1])?.defaultValue?.textValue,
                let problem = surroundings.problem(with: text, as: role)
            else { return }
            let message = "\(name): \(problem.message), the default of `inputs.\(path[1])`"
            diagnostics.error(Self.rule(role), message, at: place, help: problem.help)
        case .template, .list: return
        }
    }

    private static func rule(_ role: StepSignature.Field.Role) -> String {
        switch role {
        case .sessionTime: "value"
        case .zone: "unknown-name"
        case .agent, .model, .watchlist, .account, .calendar, .file, .channel, .limits: "environment"
        }
    }

    /// Reports unless exactly one of some inputs is given.
    func checkOneInput(of names: [String], _ entries: [YAMLEntry], owner: String, at place: SourceRange) {
        guard !names.isEmpty else { return }
        let given = entries.filter { names.contains($0.key) }
        let list = names.map { "`\($0)`" }.joined(separator: " or ")
        if given.isEmpty {
            diagnostics.error("missing-key", "\(owner) needs \(list)", at: place, help: "give one of them")
        } else if given.count > 1 {
            diagnostics.error(
                "shape",
                "\(owner) takes \(list), not both",
                at: given[1].keyRange,
                help: "keep one of them"
            )
        }
    }
}
