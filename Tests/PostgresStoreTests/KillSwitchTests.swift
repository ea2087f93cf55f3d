import RiskRules
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Kill switch")
struct KillSwitchTests {
    private static let (paper, other) = (AccountID(unchecked: "paper"), AccountID(unchecked: "other"))

    @Test("The first halt stays in force with its reason; moving the switch twice changes nothing")
    func idempotent() async throws {
        let fixture = try await StoreFixture("halt")
        let kill = fixture.killSwitch
        guard case .activated(let halt) = try await kill.activate(reason: "first", by: "ann") else {
            Issue.record("not activated")
            return
        }
        #expect(try await kill.activate(reason: "second", by: "bob") == .alreadyActive(halt))
        #expect(try await kill.status(Self.paper) == .active(halt))
        #expect(try await kill.deactivate(reason: "all clear", by: "ann") == .deactivated(halt))
        #expect(try await kill.deactivate(reason: "again", by: "ann") == .notActive)
        #expect(try await kill.status(Self.paper) == .inactive)
        let history = try await kill.history()
        #expect(history.map(\.halt) == [halt])
        #expect(history[0].endReason == "all clear" && history[0].endedBy == "ann" && !history[0].isActive)
        #expect(abs((history[0].activatedAt - halt.since).seconds) < 5)
        try await fixture.close()
    }

    @Test("A halt of one account leaves the others, and one over all covers every account")
    func scopes() async throws {
        let fixture = try await StoreFixture("halt")
        let kill = fixture.killSwitch
        try await kill.activate(reason: "paper only", by: "ann", scope: .account(Self.paper), at: JournalSamples.start)
        #expect(try await kill.status(Self.paper).halt?.since == JournalSamples.start)
        #expect(try await kill.status(Self.other) == .inactive)
        try await kill.activate(reason: "everything", by: "ann")
        #expect(try await kill.status(Self.paper).halt?.reason == "everything")
        #expect(try await kill.status(Self.other).halt?.reason == "everything")
        try await kill.deactivate(reason: "done", by: "ann")
        #expect(try await kill.status(Self.paper).halt?.reason == "paper only")
        #expect(try await kill.history(Self.other).map(\.halt.reason) == ["everything"])
        #expect(try await kill.history().map(\.isActive) == [false, true])
        try await fixture.close()
    }

    @Test("A halt of an account covers its book on every simulated market, and no other account")
    func namespaces() async throws {
        let fixture = try await StoreFixture("halt")
        let kill = fixture.killSwitch
        let (generated, similar) = (AccountID(unchecked: "paper@generated-7"), AccountID(unchecked: "paper2@x"))
        try await kill.activate(reason: "paper only", by: "ann", scope: .account(Self.paper))
        #expect(try await kill.status(generated).halt?.reason == "paper only")
        #expect(try await kill.status(similar) == .inactive)
        #expect(try await kill.history(generated).count == 1)
        try await kill.deactivate(reason: "done", by: "ann", scope: .account(Self.paper))
        try await kill.activate(reason: "one book", by: "ann", scope: .account(generated))
        #expect(try await kill.status(generated).halt?.reason == "one book")
        #expect(try await kill.status(Self.paper) == .inactive)
        try await fixture.close()
    }

    @Test("A flatten may be asked for later, and by whichever halt covers the account; it ends with that halt")
    func flatten() async throws {
        let fixture = try await StoreFixture("halt")
        let kill = fixture.killSwitch
        try await kill.activate(reason: "everything", by: "ann")
        #expect(try await kill.status(Self.paper).halt?.flattens == false)
        let own = try await kill.activate(reason: "out", by: "bob", scope: .account(Self.paper), flattens: true)
        #expect(own.halt?.flattens == true && own.message.contains("close positions"))
        // The halt over all stays the one in force, and nobody else's positions are closed.
        #expect(try await kill.status(Self.paper).halt?.reason == "everything")
        #expect(try await kill.status(Self.paper).halt?.flattens == true)
        #expect(try await kill.status(Self.other).halt?.flattens == false)
        try await kill.deactivate(reason: "done", by: "bob", scope: .account(Self.paper))
        #expect(try await kill.status(Self.paper).halt?.flattens == false)
        let later = try await kill.activate(reason: "now all", by: "bob", flattens: true)
        #expect(later.halt?.reason == "everything" && later.halt?.flattens == true)
        #expect(try await kill.history().map(\.halt.flattens) == [true, true])
        #expect(try await fixture.count("SELECT count(*) FROM halt_flattens") == 2)
        try await fixture.close()
    }

    @Test("It is moved only with a reason and a name", arguments: ["", "  \n"])
    func words(_ empty: String) async throws {
        let fixture = try await StoreFixture("halt")
        let kill = fixture.killSwitch
        await #expect(throws: KillSwitchError.noReason) { try await kill.activate(reason: empty, by: "ann") }
        await #expect(throws: KillSwitchError.nobody) { try await kill.activate(reason: "r", by: empty) }
        await #expect(throws: KillSwitchError.noReason) { try await kill.deactivate(reason: empty, by: "ann") }
        #expect(try await kill.history().isEmpty)
        try await fixture.close()
    }

    @Test("Of many who activate at once, one halt is in force")
    func together() async throws {
        let fixture = try await StoreFixture("halt")
        let kill = fixture.killSwitch
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 { group.addTask { try await kill.activate(reason: "\(number)", by: "ann") } }
            try await group.waitForAll()
        }
        #expect(try await kill.history().count == 1)
        try await fixture.close()
    }
}
