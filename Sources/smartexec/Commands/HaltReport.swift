import ArgumentParser
import Assembly
import PostgresStore
import RiskRules
import TradingDomain

/// Says how far a halt is: by account, and in one line.
struct HaltReport {
    let standings: [HaltStanding]

    /// Whether nothing is left to do: nothing can trade any more, and where that was asked for nothing is held.
    var isDone: Bool { open.isEmpty }

    /// Whether somebody alive is still on the way.
    var isUnderWay: Bool {
        standings.contains { [.waiting, .acknowledged, .flattening].contains($0.stage) }
    }

    /// Accounts that nobody works and whose venue has to be asked, or whose positions closed.
    ///
    /// A simulated market, whose accounts have an `@`, does nothing while nobody works it.
    func unworked(flattens: Bool) -> [AccountID] {
        standings.filter { standing in
            let isSimulated = standing.account.text.contains("@")
            switch standing.stage {
            case .idle: return !isSimulated
            case .orphaned: return !isSimulated || flattens
            case .unflattened: return standing.host == nil
            case .proven, .flattening, .flat, .acknowledged, .waiting: return false
            }
        }.map(\.account)
    }

    private var open: [HaltStanding] { standings.filter { ![.proven, .flat, .idle].contains($0.stage) } }

    var headline: String {
        if standings.isEmpty { return "No account was ever worked: there is nothing to stop." }
        guard open.isEmpty else {
            let names = open.map { "\($0.account) (\($0.stage.rawValue))" }.joined(separator: ", ")
            let left = open.filter { $0.stage == .unflattened }
            let reasons = left.map { "\n\($0.account) is not flat: \($0.note ?? "")." }.joined()
            return "Not \(left.count == open.count ? "flat" : "proven") yet: \(names). "
                + "`smartexec kill-switch status` goes on telling.\(reasons)"
        }
        let proven = standings.filter { $0.stage != .idle }
        guard let seconds = proven.compactMap(\.provenSeconds).max() else {
            return "No engine works an account now, and no order of ours is open."
        }
        let accounts = proven.count == 1 ? "account \(proven[0].account)" : "\(proven.count) accounts"
        let flat = proven.compactMap(\.flatSeconds).max().map { " Flat after \(Self.text($0)) s: no position is held." }
        return "Proven after \(Self.text(seconds)) s: nothing of \(accounts) can trade any more.\(flat ?? "")"
    }

    func show(_ console: Console) throws {
        let shown = standings.filter { $0.stage != .idle }
        guard !shown.isEmpty else { return }
        try Listing(console: console, format: .table).show(
            shown,
            empty: "",
            [
                .text("Account"), .text("Stage"), .text("Host"), .number("Acknowledged s"), .number("Proven s"),
                .number("Flat s"), .number("At the venue"), .number("Unproven"), .prose("Last step"),
            ]
        ) { index in
            let row = shown[index]
            return [
                row.account.text, row.stage.rawValue, row.host ?? "", row.acknowledgedSeconds.map(Self.text) ?? "",
                row.provenSeconds.map(Self.text) ?? "", row.flatSeconds.map(Self.text) ?? "",
                row.openOrders.map(String.init) ?? "", row.unproven.map(String.init) ?? "", row.note ?? "",
            ]
        }
    }

    /// Seconds with two decimals.
    static func text(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// `smartexec kill-switch drill`.
struct DrillKillSwitch: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Rehearse the kill switch on a paper account of its own, and record the time it took.",
        discussion:
            "Works orders on a generated market beside the wall clock, halts that account alone, and waits for the proof: about ten seconds."
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Rehearse closing positions too.")
    var flatten = false

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        console.note("Rehearsing; this takes about ten seconds.")
        let drill = try await PaperFloor.drill(on: database.state, by: operatorName, flattens: flatten)
        let isDone = drill.provenSeconds != nil && (!flatten || drill.flatSeconds != nil)
        await database.pool.close()
        guard global.output == .table else {
            console.print(try Listing.json(drill))
            return isDone ? .success : .incomplete
        }
        console.print(
            "\(drill.orders) orders were worked. After "
                + "\(HaltReport.text(drill.haltedSeconds)) s no intent could commit any more."
        )
        guard let seconds = drill.provenSeconds else {
            console.print("The proof did not come in time. See `smartexec kill-switch status`.")
            return .incomplete
        }
        console.print("After \(HaltReport.text(seconds)) s the venue's polls had proven that nothing can trade.")
        if let seconds = drill.flatSeconds {
            console.print("After \(HaltReport.text(seconds)) s the position was closed, and the venue showed it.")
        } else if flatten {
            console.print("The position was not closed in time. See `smartexec report`.")
        }
        return isDone ? .success : .incomplete
    }
}
