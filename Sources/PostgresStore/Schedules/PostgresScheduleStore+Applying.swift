public import Orchestration
public import Workflows
import YAMLNodes

/// What applying a workflow did to one of its schedules.
public struct ScheduleChange: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable {
        case added
        /// Its terms are others: it begins anew, and nothing that was due before fires.
        case changed
        /// It fires as before and starts the new definition.
        case updated
        case unchanged
        case removed
    }

    public let schedule: ScheduleKey
    public let kind: Kind
    /// When it fires and by which rules; those of a removed one are gone.
    public let terms: String?
    /// What they were, when they are others.
    public let formerTerms: String?
    /// It stays paused until somebody resumes it.
    public let isPaused: Bool
}

/// What applying a workflow did.
public struct WorkflowApplication: Codable, Hashable, Sendable {
    public let workflow: String
    /// `nil` when the workflow was removed.
    public let definitionHash: String?
    /// What was applied before; `nil` the first time.
    public let formerHash: String?
    /// In the file's order, the removed ones last.
    public let schedules: [ScheduleChange]
}

extension PostgresScheduleStore {
    /// Stores a workflow with its children and makes its schedules those that are active.
    ///
    /// Applying the same again changes nothing. A run goes on by the definition that it was started with.
    ///
    /// - Parameters:
    ///   - bundle: The workflow.
    ///   - account: The configured account of its runs; `nil` for the one that serves when none is named.
    ///   - by: Who applies it.
    /// - Returns: What it did.
    /// - Throws: `PostgresError`.
    public func apply(_ bundle: WorkflowBundle, account: String?, by: String) async throws -> WorkflowApplication {
        let (name, hash, canonical) = (bundle.root.name, bundle.hash, bundle.canonicalJSON)
        let sources = bundle.sources
        let schedules = bundle.root.schedules.map { (id: $0.id, terms: $0.terms) }
        return try await durably { connection in
            _ = try connection.run(
                file: "save_definitions",
                [.text(hash), .textArray(sources.map(\.workflow)), .textArray(sources.map(\.source.text))]
            )
            let former = try connection.run(file: "applied_workflow", [.text(name)]).first?.text("definition_hash")
            let stored = try Self.schedules(of: name, on: connection)
            var changes: [ScheduleChange] = []
            for (id, terms) in schedules {
                let key = ScheduleKey(workflow: name, id: id)
                let known = stored[id].flatMap { $0.isRemoved ? nil : $0 }
                let kind: ScheduleChange.Kind =
                    if let known {
                        known.terms != terms
                            ? .changed
                            : known.hash == hash && known.account == account ? .unchanged : .updated
                    } else { .added }
                if kind != .unchanged {
                    let begins = kind == .added || kind == .changed
                    let values: [PostgresValue] = [
                        .text(hash), .text(terms), .optional(account), .bool(begins),
                    ]
                    _ = try connection.run(file: "apply_schedule", key.values + values)
                }
                changes.append(
                    ScheduleChange(
                        schedule: key,
                        kind: kind,
                        terms: terms,
                        formerTerms: kind == .changed ? known?.terms : nil,
                        isPaused: known?.isPaused ?? false
                    )
                )
            }
            let gone = stored.filter { id, row in !row.isRemoved && !schedules.contains { $0.id == id } }.keys.sorted()
            changes += try Self.remove(gone, of: name, on: connection)
            if former != hash {
                _ = try connection.run(
                    file: "apply_workflow",
                    [.text(name), .text(hash), .json(canonical), .text(by.storable)]
                )
            }
            return WorkflowApplication(workflow: name, definitionHash: hash, formerHash: former, schedules: changes)
        }
    }

    /// Takes a workflow's schedules away; its runs go on, and its ticks stay.
    ///
    /// - Returns: `nil` when it was not applied.
    /// - Throws: `PostgresError`.
    public func remove(workflow name: String) async throws -> WorkflowApplication? {
        try await durably { connection in
            guard let former = try connection.run(file: "applied_workflow", [.text(name)]).first else { return nil }
            let stored = try Self.schedules(of: name, on: connection)
            let gone = stored.filter { !$0.value.isRemoved }.keys.sorted()
            let changes = try Self.remove(gone, of: name, on: connection)
            _ = try connection.run(file: "unapply_workflow", [.text(name)])
            return WorkflowApplication(
                workflow: name,
                definitionHash: nil,
                formerHash: try former.text("definition_hash"),
                schedules: changes
            )
        }
    }

    /// Stops a schedule from starting runs; its times are recorded as paused.
    ///
    /// - Returns: False when there is no such schedule, or it is paused already.
    /// - Throws: `PostgresError`.
    public func pause(_ schedule: ScheduleKey, by: String) async throws -> Bool {
        try await durably { connection in
            try connection.run(file: "pause_schedule", schedule.values + [.text(by.storable)]).first != nil
        }
    }

    /// Lets a schedule fire again from now on; what was due meanwhile stays undone.
    ///
    /// - Returns: False when there is no such schedule, or it is not paused.
    /// - Throws: `PostgresError`.
    public func resume(_ schedule: ScheduleKey) async throws -> Bool {
        try await durably { connection in
            try connection.run(file: "resume_schedule", schedule.values).first != nil
        }
    }

    private struct Row {
        let hash: String
        let terms: String
        let account: String?
        let isPaused: Bool
        let isRemoved: Bool
    }

    private static func schedules(of workflow: String, on connection: isolated PostgresConnection) throws
        -> [String: Row]
    {
        var rows: [String: Row] = [:]
        for row in try connection.run(file: "lock_schedules_of_workflow", [.text(workflow)]) {
            rows[try row.text("id")] = Row(
                hash: try row.text("definition_hash"),
                terms: try row.text("terms"),
                account: try row.optionalText("account"),
                isPaused: try !row.isNull("paused_by"),
                isRemoved: try row.bool("is_removed")
            )
        }
        return rows
    }

    private static func remove(
        _ ids: [String],
        of workflow: String,
        on connection: isolated PostgresConnection
    ) throws -> [ScheduleChange] {
        guard !ids.isEmpty else { return [] }
        _ = try connection.run(file: "remove_schedules", [.text(workflow), .textArray(ids)])
        return ids.map { id in
            ScheduleChange(
                schedule: ScheduleKey(workflow: workflow, id: id),
                kind: .removed,
                terms: nil,
                formerTerms: nil,
                isPaused: false
            )
        }
    }
}
