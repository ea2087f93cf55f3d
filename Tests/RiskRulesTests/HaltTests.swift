import Foundation
import RiskRules
import Testing
import TradingDomain

@Suite("Kill switch")
struct HaltTests {
    private let first = HaltID(unchecked: "h1")
    private let second = HaltID(unchecked: "h2")

    private func active(_ id: HaltID, _ reason: String = "drill") -> Halt {
        Halt(id: id, reason: reason, by: "ann", since: noon)
    }

    @Test("The state is the fold of its events")
    func fold() {
        let on = HaltEvent.activated(active(first))
        let off = HaltEvent.deactivated(first, reason: "done", by: "ann", at: noon)
        #expect(HaltState(folding: []) == .inactive)
        #expect(HaltState(folding: [on]) == .active(active(first)))
        #expect(HaltState(folding: [on, off]) == .inactive)
        #expect(HaltState(folding: [off, on]) == .active(active(first)))
        // A second activation does not hide the first, and its end does not end the first.
        let again = HaltEvent.activated(active(second, "other"))
        let otherOff = HaltEvent.deactivated(second, reason: "done", by: "bob", at: noon)
        #expect(HaltState(folding: [on, again]) == .active(active(first)))
        #expect(HaltState(folding: [on, again, otherOff]) == .active(active(first)))
        #expect(HaltState(folding: [on, off, again]) == .active(active(second, "other")))
    }

    @Test("Halted: nothing places or enlarges but the halt's own flatten; cancels pass (I6)")
    func allows() {
        let halted = HaltState.active(active(first))
        #expect(!halted.allows(.place(flatteningFor: nil)))
        #expect(!halted.allows(.place(flatteningFor: second)))
        #expect(halted.allows(.place(flatteningFor: first)))
        #expect(!halted.allows(.enlarge))
        #expect(halted.allows(.cancel))
        for action: OrderAction in [.place(flatteningFor: nil), .place(flatteningFor: first), .enlarge, .cancel] {
            #expect(HaltState.inactive.allows(action))
        }
    }

    @Test("Moving the switch needs a reason and a name, and the right state")
    func moves() throws {
        let on = try KillSwitch.activate(.inactive, id: first, reason: "drill", by: "ann", at: noon)
        #expect(on == .activated(active(first)))
        let halted = HaltState(folding: [on])
        #expect(throws: KillSwitchError.alreadyActive(active(first))) {
            try KillSwitch.activate(halted, id: second, reason: "again", by: "bob", at: noon)
        }
        #expect(throws: KillSwitchError.noReason) {
            try KillSwitch.deactivate(halted, reason: " \n", by: "ann", at: noon)
        }
        #expect(throws: KillSwitchError.nobody) {
            try KillSwitch.deactivate(halted, reason: "done", by: "", at: noon)
        }
        #expect(throws: KillSwitchError.notActive) {
            try KillSwitch.deactivate(.inactive, reason: "done", by: "ann", at: noon)
        }
        let off = try KillSwitch.deactivate(halted, reason: "done", by: "ann", at: noon)
        #expect(HaltState(folding: [on, off]) == .inactive)
        let json = try JSONEncoder().encode([on, off])
        #expect(try JSONDecoder().decode([HaltEvent].self, from: json) == [on, off])
    }

    @Test("A halted account admits nothing, reductions included, and says why")
    func admission() throws {
        let stock = try shares("NVDA")
        var account = try snapshot(held: 50)
        account.halt = .active(active(first, "price feed is wrong"))
        for side in Side.allCases {
            let result = Admission.admit(order(side, 10, stock), account, try RiskLimits())
            let refusal = try #require(result.refusal)
            #expect(refusal.code == "kill_switch_active")
            #expect(refusal.message.contains("price feed is wrong"))
        }
        account.flatteningFor = first
        guard case .approved = Admission.admit(order(.sell, 10, stock), account, try RiskLimits()) else {
            Issue.record("the halt's own flatten was refused")
            return
        }
    }
}
