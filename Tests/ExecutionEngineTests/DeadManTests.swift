import ExecutionEngine
import OrderManagement
import Testing
import TradingDomain

@Suite("The venue's dead-man timer while orders rest")
struct DeadManTests {
    private static let wanted = DeadManSettings(after: .seconds(60))

    /// An engine with one child that is open at the venue.
    private func working(_ settings: DeadManSettings?) throws -> (CoreBench, ChildOrder) {
        var configuration = Sample.configuration(try Sample.limits())
        configuration.deadMan = settings
        var bench = try CoreBench(configuration)
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        let idle = bench.core.dueDeadMan(at: Sample.open - .seconds(5))
        #expect(idle == nil, "nothing rests")
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        return (bench, order)
    }

    @Test("Armed when something rests, renewed in time, disarmed a while after the last of it")
    func life() throws {
        var (bench, order) = try working(Self.wanted)
        let start = Sample.open + .seconds(2)
        let armed = bench.core.dueDeadMan(at: start)
        let request = try #require(armed)
        #expect(request.after == .seconds(60) && request.symbols == [Sample.nvda])
        bench.core.armedDeadMan(request, .armed(until: start + .seconds(60)), at: start)
        // Three renewals fit into its time.
        var renewals = 0
        for second in 1...59 where bench.core.dueDeadMan(at: start + .seconds(second)) != nil { renewals += 1 }
        #expect(renewals == 2)
        #expect(bench.core.deadManToDisarm.isEmpty)

        let end = start + .seconds(60)
        _ = bench.core.dueDeadMan(at: end)
        bench.core.apply(.command(ParentCommand(parent: order.parent, kind: .cancel, reason: "drill")), at: end)
        bench.turn(at: end)
        bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: end)
        bench.turn(at: end)
        #expect(bench.core.deadManToDisarm == [Sample.nvda])
        let soon = bench.core.dueDeadMan(at: end + .seconds(10))
        #expect(soon == nil)
        let later = bench.core.dueDeadMan(at: end + .seconds(22))
        let last = try #require(later)
        #expect(last.after == nil && last.symbols == [Sample.nvda])
        let never = bench.core.dueDeadMan(at: end + .seconds(100))
        #expect(never == nil)
    }

    @Test("A timer that the venue does not take is asked for again and told; a venue without one is asked once")
    func refused() throws {
        var (bench, _) = try working(Self.wanted)
        let asked = bench.core.dueDeadMan(at: Sample.open + .seconds(2))
        let first = try #require(asked)
        bench.core.armedDeadMan(first, .unavailable(reason: "away"), at: Sample.open + .seconds(2))
        let repeated = bench.core.dueDeadMan(at: Sample.open + .seconds(4))
        let again = try #require(repeated)
        bench.turn(at: Sample.open + .seconds(4))
        #expect(bench.alerts == ["dead_man_unarmed"])
        bench.core.armedDeadMan(again, .unsupported, at: Sample.open + .seconds(4))
        let none = bench.core.dueDeadMan(at: Sample.open + .seconds(60))
        #expect(none == nil)
    }

    @Test("An order that was just sent needs none yet, and an account without the setting never does")
    func needless() throws {
        var (bench, _) = try working(Self.wanted)
        let young = bench.core.dueDeadMan(at: Sample.open + .milliseconds(900))
        #expect(young == nil)
        (bench, _) = try working(nil)
        let unwanted = bench.core.dueDeadMan(at: Sample.open + .seconds(2))
        #expect(unwanted == nil)
    }
}
