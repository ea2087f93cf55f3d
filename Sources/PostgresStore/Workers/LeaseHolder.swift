/// Who holds an account or a run, as its row says.
struct LeaseHolder: Hashable, Sendable {
    let worker: String
    let process: ProcessIdentity
    let program: String
    /// Whether its lease is valid by the database's clock.
    let isLeased: Bool
    /// When it took what it holds, in PostgreSQL's text form.
    let since: String

    /// Reads a row of `lock_account.sql` or `lock_run.sql`; nil when nobody holds it.
    init?(_ row: PostgresRow) throws(PostgresError) {
        guard let worker = try row.optionalText("worker") else { return nil }
        self.worker = worker
        process = try ProcessIdentity(row)
        program = try row.text("program")
        isLeased = try row.bool("is_leased")
        since = try row.text("held_since")
    }

    /// Whether it must be respected: leased, not us, and not a process of this machine that has ended.
    func isAlive(beside worker: PostgresWorker) -> Bool {
        isLeased && self.worker != worker.id && !worker.identity.knowsDead(process)
    }

    /// Who it is, for messages.
    var description: String { "`\(program)` on \(process.host), process \(process.pid), since \(since)" }
}

extension ProcessIdentity {
    /// Reads the columns of `workers` that name a process.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            host: try row.text("host"),
            bootID: try row.text("boot_id"),
            pid: Int32(try row.int64("pid")),
            start: try row.text("process_start")
        )
    }
}
