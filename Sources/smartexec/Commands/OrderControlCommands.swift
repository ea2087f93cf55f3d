import ArgumentParser
import ExecutionEngine
import Orchestration
import PostgresStore
import TradingDomain

/// The argument parser has a type of that name too.
private typealias Request = ExecutionEngine.ParentCommand

/// What the commands to an order that is being worked have in common.
struct OrderControl: ParsableArguments {
    @Option(help: "Why; shown with the order.")
    var reason = ""

    @Argument(help: "The order's id, or its first characters.")
    var order: String

    /// `paused by alice: lunch`.
    func words(_ deed: String) -> String { "\(deed) by \(operatorName)" + (reason.isEmpty ? "" : ": \(reason)") }

    /// Opens the database, finds the order and gives it to `body`, whose words are printed.
    func perform(
        _ global: GlobalOptions,
        _ console: Console,
        _ body: (Database, ParentRecord) async throws -> String
    ) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        do {
            let words = try await body(database, try await record(database))
            await database.pool.close()
            console.print(words)
            return .success
        } catch {
            await database.pool.close()
            throw error
        }
    }

    private func record(_ database: Database) async throws -> ParentRecord {
        let reader = PostgresQueries(pool: database.pool)
        let found = try await reader.orders(prefix: order)
        guard let id = found.first else {
            throw CommandFailure(.usage, "There is no order '\(order)'. `smartexec orders` lists them.")
        }
        guard found.count == 1 else {
            let names = found.map(\.text).joined(separator: ", ")
            throw CommandFailure(.usage, "'\(order)' begins several orders: \(names). Give more of it.")
        }
        guard let record = try await reader.order(id) else {
            throw CommandFailure(.usage, "There is no order '\(order)'. `smartexec orders` lists them.")
        }
        return record
    }

    /// Asks for it, unless the order has ended.
    fileprivate static func ask(_ command: Request, _ record: ParentRecord, of database: Database) async throws
        -> String
    {
        let isAsked = try await PostgresRunControls(pool: database.pool).request(command, by: operatorName)
        guard isAsked else {
            let state = try await PostgresQueries(pool: database.pool).order(command.parent)?.state ?? record.state
            throw CommandFailure(
                .usage,
                "Order \(command.parent) has ended (\(state.rawValue)); there is nothing left to \(command.kind.rawValue)."
            )
        }
        return
            "Its engine reads that within about a second; `smartexec explain \(command.parent)` shows what came of it."
    }
}

/// `smartexec orders cancel`.
struct CancelOrder: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel an open order; what has filled counts."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: OrderControl

    func perform(_ console: Console) async throws -> ExitStatus {
        try await control.perform(global, console) { database, record in
            let id = record.submission.id
            let command = Request(parent: id, kind: .cancel, reason: control.words("cancelled"))
            return "Order \(id) is asked to be cancelled. "
                + (try await OrderControl.ask(command, record, of: database))
        }
    }
}

/// `smartexec orders pause`.
struct PauseOrder: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Send nothing more for an open order until it is resumed; what is at the venue stays there.",
        discussion: "A paused order still ends at its deadline. `smartexec orders resume` lets it go on."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: OrderControl

    func perform(_ console: Console) async throws -> ExitStatus {
        try await control.perform(global, console) { database, record in
            let id = record.submission.id
            guard record.state != .paused, record.state != .closing else {
                throw CommandFailure(.usage, "Order \(id) is \(record.state.rawValue); there is nothing to pause.")
            }
            let command = Request(parent: id, kind: .pause, reason: control.words("paused"))
            return "Order \(id) is asked to pause. " + (try await OrderControl.ask(command, record, of: database))
        }
    }
}

/// `smartexec orders resume`.
struct ResumeOrder: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused order go on; what it missed is spread over the time that is left."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: OrderControl

    func perform(_ console: Console) async throws -> ExitStatus {
        try await control.perform(global, console) { database, record in
            let id = record.submission.id
            guard record.state == .paused || record.state.isFinal else {
                throw CommandFailure(
                    .usage,
                    "Order \(id) is \(record.state.rawValue), not paused. If it was just paused, try again in a second."
                )
            }
            let command = Request(parent: id, kind: .resume, reason: control.words("resumed"))
            return "Order \(id) is asked to go on. " + (try await OrderControl.ask(command, record, of: database))
        }
    }
}

/// `smartexec orders amend`.
struct AmendOrder: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "amend",
        abstract: "Change an open order's quantity, limit price or end time while it is worked.",
        discussion: """
            Example: smartexec orders amend 3k7q --quantity 500 --end-time 2026-03-03T19:30:00Z

            A larger quantity goes through the risk rules again. A quantity below what is filled and open cancels first, and
            below what is filled it is refused. The limit has to be inside the account's collar, the end inside the session.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: OrderControl

    @Option(help: "The new total, in units of the instrument.")
    var quantity: String?

    @Option(help: "The new worst price.")
    var limitPrice: String?

    @Option(help: "The new end, such as 2026-03-03T19:30:00Z.")
    var endTime: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        let amendment = try amendment()
        return try await control.perform(global, console) { database, record in
            let id = record.submission.id
            guard record.state != .closing else {
                throw CommandFailure(.usage, "Order \(id) is ending; it can no longer be amended.")
            }
            let command = Request(
                parent: id,
                kind: .amend,
                reason: control.words("amended"),
                amendment: amendment
            )
            let asked = try await OrderControl.ask(command, record, of: database)
            return "Order \(id) is asked to change: \(amendment.words). \(asked)"
        }
    }

    private struct NotATime: Error, CustomStringConvertible {
        let text: String
        var description: String { "'\(text.prefix(64))' is no time such as 2026-03-03T19:30:00Z." }
    }

    private func amendment() throws -> ParentAmendment {
        func parse<Value>(_ option: String, _ text: String?, _ parse: (String) throws -> Value) throws -> Value? {
            guard let text else { return nil }
            do {
                return try parse(text)
            } catch {
                throw CommandFailure(.usage, "--\(option): \(error)")
            }
        }
        let amendment = ParentAmendment(
            quantity: try parse("quantity", quantity) { try Quantity(parsing: $0) },
            limitPrice: try parse("limit-price", limitPrice) { try Price(parsing: $0) },
            endTime: try parse("end-time", endTime) { text in
                guard let time = Timestamp(text) else { throw NotATime(text: text) }
                return time
            }
        )
        guard amendment != ParentAmendment() else {
            throw CommandFailure(.usage, "Nothing to change: give --quantity, --limit-price or --end-time.")
        }
        if let quantity = amendment.quantity, quantity <= .zero {
            throw CommandFailure(
                .usage,
                "--quantity: \(quantity) is not more than zero. `smartexec orders cancel` ends an order."
            )
        }
        if let limit = amendment.limitPrice, limit <= .zero {
            throw CommandFailure(.usage, "--limit-price: \(limit) is not more than zero.")
        }
        return amendment
    }
}

/// `smartexec orders resolve`.
struct ResolveChild: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Settle a child order whose outcome nobody proves, after asking the venue yourself.",
        discussion: """
            Examples: smartexec orders resolve sx-…-1 --not-placed --reason "venue support, ticket 4711"
                      smartexec orders resolve sx-…-1 --executed 40@101.25 --reason "statement of 3 March"

            Only an order that is unknown can be resolved. What was executed is booked; the reason is journalled with it.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "It was never placed, or nothing of it traded.")
    var notPlaced = false

    @Option(help: "QUANTITY@PRICE: what traded under its id in all, and at which average price what we have not seen.")
    var executed: String?

    @Option(help: "How you know; journalled with the order.")
    var reason: String

    @Argument(help: "The child's whole id: `smartexec explain ORDER` shows it.")
    var child: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let id = ClientOrderID(unchecked: child)
        guard let parent = id.parts?.parent else {
            throw CommandFailure(.usage, "'\(child)' is no id of a child order; those begin with sx-.")
        }
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw CommandFailure(.usage, "--reason: say how you know; it is journalled with the order.")
        }
        let resolution = try resolution(of: id)
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        do {
            let words = try await ask(resolution, of: parent, database)
            await database.pool.close()
            console.print(words)
            return .success
        } catch {
            await database.pool.close()
            throw error
        }
    }

    private func resolution(of id: ClientOrderID) throws -> ChildResolution {
        guard notPlaced != (executed != nil) else {
            throw CommandFailure(.usage, "Give either --not-placed or --executed QUANTITY@PRICE.")
        }
        guard let executed else { return ChildResolution(child: id, executed: .zero, price: nil) }
        let parts = executed.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        // Whatever is wrong with either, the remedy is one.
        guard parts.count == 2, let quantity = try? Quantity(parsing: parts[0]), quantity > .zero,
            let price = try? Price(parsing: parts[1]), price > .zero
        else {
            throw CommandFailure(.usage, "--executed: '\(executed)' is no QUANTITY@PRICE such as 40@101.25.")
        }
        return ChildResolution(child: id, executed: quantity, price: price)
    }

    private func ask(_ resolution: ChildResolution, of parent: ParentOrderID, _ database: Database) async throws
        -> String
    {
        let reader = PostgresQueries(pool: database.pool)
        guard let record = try await reader.order(parent),
            let row = try await reader.children(of: parent).first(where: { $0.id == resolution.child })
        else {
            throw CommandFailure(
                .usage,
                "There is no child order '\(child)'. `smartexec explain ORDER` lists an order's."
            )
        }
        guard row.life == .unknown else {
            throw CommandFailure(
                .usage,
                "\(child) is \(row.life.rawValue); only an order that is unknown can be resolved."
            )
        }
        guard resolution.executed >= row.filled else {
            throw CommandFailure(
                .usage,
                "\(row.filled) of \(child) have filled already; give --executed with at least that."
            )
        }
        let command = Request(
            parent: parent,
            kind: .resolve,
            reason: "\(reason) (\(operatorName))",
            resolution: resolution
        )
        return "\(child) is to be settled. " + (try await OrderControl.ask(command, record, of: database))
    }
}
