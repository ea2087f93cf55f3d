import Foundation
import Testing
import TradingTestKit

@Suite("A halt that closes positions", .serialized)
struct FlattenTests {
    private static let flattens = "SELECT count(*) FROM parent_bodies WHERE submission->>'flattens' IS NOT NULL"
    private static let held = "SELECT count(*) FROM positions WHERE quantity <> 0"

    @Test(
        "On paper, where nobody works: the book is taken, its positions are closed, and everything else stays blocked"
    )
    func paper() async throws {
        try await Home.onSharedServer { home in
            #expect(try await home.run("order buy BAC 10").status == 0)
            #expect(try await home.run("order buy KO 5").status == 0)
            #expect(try await home.value(Self.held) == "2")
            let halted = try await home.run("kill-switch activate drill --flatten")
            #expect(halted.status == 0 && halted.output.contains("Flat after"), "\(halted.output)\(halted.errors)")
            #expect(try await home.value(Self.held) == "0")
            #expect(try await home.value(Self.flattens) == "2")
            #expect(try await home.run("order buy BAC 10 --output json").status == 3)
            let status = try await home.run("kill-switch status")
            #expect(status.output.contains("flat"), "\(status.output)")
            #expect(try await home.run("verify").status == 0)
        }
    }

    @Test("The rehearsal closes a position too, and records how long that took")
    func drill() async throws {
        try await Home.onSharedServer { home in
            let drill = try await home.run("kill-switch drill --flatten")
            #expect(drill.status == 0 && drill.output.contains("the position was closed"), "\(drill.output)")
            #expect(try await home.value("SELECT flat_seconds > proven_seconds FROM halt_drills") == "true")
        }
    }

    /// An account at the venue that holds 0.01, bought, with nobody at work.
    private func buy(_ venue: VenueScene) async throws {
        _ = try await venue.run("db migrate")
        let bought = try await venue.run("order buy BTCUSDT 0.01 --urgency CRITICAL --output json")
        #expect(try RunDocument(bought.output).items.first?.status == "SUCCESS", "\(bought.output)\(bought.errors)")
        #expect(try await venue.home.value(Self.held + " AND symbol = 'BTCUSDT'") == "1")
    }

    private func checkFlat(_ venue: VenueScene) async throws {
        #expect(try await venue.home.value(Self.held) == "0")
        let sold = "SELECT sum(CASE side WHEN 'SELL' THEN quantity ELSE -quantity END) FROM fills"
        #expect(Double(try await venue.home.value(sold)) == 0, "sold as much as was bought, and no more")
        #expect(try await venue.open() == 0)
        #expect(try await venue.home.value("SELECT count(*) > 0 FROM halt_steps WHERE kind = 'flat'") == "true")
        try await venue.checkBooks()
    }

    @Test("In the middle of a run at the venue: what rests is cancelled, what is held is closed, and the run ends")
    func during() async throws {
        try await VenueScene.with { venue in
            try await buy(venue)
            let running = try venue.start(
                "order buy BTCUSDT 0.01 --algo limit --limit-price 80000 --duration-minutes 5 --output json"
            )
            let rests = "SELECT count(*) > 0 FROM child_orders WHERE life = 'acknowledged'"
            #expect(try await venue.home.wait(until: rests, while: running))
            let halted = try await venue.run("halt drill --flatten --wait 120")
            #expect(halted.status == 0 && halted.output.contains("Flat after"), "\(halted.output)\(halted.errors)")
            #expect(await running.outcome().status == 3)
            #expect(try await venue.home.value(Self.flattens) == "1")
            try await checkFlat(venue)
        }
    }

    @Test("More than one market order may have is closed by several that only reduce")
    func pieces() async throws {
        try await VenueScene.with { venue in
            try await buy(venue)
            try await venue.ask("POST", "symbol?symbol=BTCUSDT&most_market_quantity=0.004")
            let halted = try await venue.run("kill-switch activate drill --flatten --wait 120")
            #expect(halted.status == 0 && halted.output.contains("Flat after"), "\(halted.output)\(halted.errors)")
            #expect(try await venue.home.value(Self.flattens) == "3")
            try await checkFlat(venue)
        }
    }

    @Test("What somebody else bought at the venue, of a symbol that nothing here had followed, is closed too")
    func foreign() async throws {
        try await VenueScene.with { venue in
            // Another program on the same account, with books of its own.
            try await Home.onSharedServer(VenueScene.keys) { other in
                _ = try other.write("config.yaml", venue.configuration())
                let bought = try await other.run(
                    "order buy ETHUSDT 0.1 --urgency CRITICAL --output json --config \(other.folder)"
                )
                #expect(
                    try RunDocument(bought.output).items.first?.status == "SUCCESS",
                    "\(bought.output)\(bought.errors)"
                )
            }
            // Books here know of it by the comparison alone, and can value it.
            try await buy(venue)
            #expect(try await venue.home.value("SELECT count(*) FROM positions WHERE symbol = 'ETHUSDT'") == "1")
            let halted = try await venue.run("kill-switch activate drill --flatten --wait 120")
            #expect(halted.status == 0 && halted.output.contains("Flat after"), "\(halted.output)\(halted.errors)")
            #expect(try await venue.home.value(Self.held) == "0")
            #expect(try await venue.home.value(Self.flattens) == "2")
        }
    }

    @Test(
        "Killed between the intent of the closing order and its sending, or after it: the next engine closes it once",
        arguments: ["orders.before_send", "orders.sent"]
    )
    func killed(at failpoint: String) async throws {
        try await VenueScene.with { venue in
            try await buy(venue)
            // Nothing else is sent by this command, so the first send is the closing order's.
            let program = venue.home.program
            let environment = program.environment.merging(["SMARTEXEC_FAILPOINT": failpoint]) { $1 }
            let words = "kill-switch activate drill --flatten --config \(venue.home.folder)"
            let killed = try await BuiltProgram(path: program.path, folder: program.folder, environment: environment)
                .run(words.split(separator: " ").map(String.init))
            #expect(killed.status != 0 && !killed.output.contains("Flat after"), "\(killed.output)")
            #expect(try await venue.home.value(Self.flattens) == "1", "the order that it had given")
            let again = try await venue.run("kill-switch activate drill --flatten --wait 120")
            #expect(again.status == 0 && again.output.contains("Flat after"), "\(again.output)\(again.errors)")
            try await checkFlat(venue)
        }
    }
}
