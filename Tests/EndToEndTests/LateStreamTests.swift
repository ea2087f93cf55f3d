import Foundation
import Testing
import TradingTestKit

@Suite("An account at a venue whose streams come late", .serialized)
struct LateStreamTests {
    @Test("An order that is asked for meanwhile waits until the account is reconciled, and goes")
    func order() async throws {
        try await VenueScene.with { venue in
            let buying = try await buy(venue)
            try await Task.sleep(for: .seconds(2))
            #expect(!buying.hasEnded)
            let isTold = "SELECT count(*) > 0 FROM alerts WHERE code = 'account_unreconciled'"
            #expect(try await venue.home.wait(until: isTold, while: buying))
            try await venue.ask("DELETE", "faults")
            let bought = await buying.outcome()
            let item = try #require(try RunDocument(bought.output).items.first, "\(bought.output)\(bought.errors)")
            #expect(item.status == "SUCCESS", "\(bought.output)\(bought.errors)")
            try await venue.checkBooks()
        }
    }

    private static let signed = """
        format: 1
        workflow: signed
        steps:
          - { id: propose, uses: orders.propose, with: { ticker: BTCUSDT, side: BUY, quantity: 0.01, urgency: HIGH } }
          - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
          - { id: sign_off, uses: approval.wait, timeout: 45m, with: { show: "${{ steps.check.summary }}" } }
          - id: trade
            foreach: steps.check.approved
            as: order
            key: order.id
            steps:
              - { id: send, uses: execute.route, with: { order: "${{ order }}", urgency: CRITICAL } }
        """

    @Test("A plan that was approved waits for that too, and goes out as it was approved")
    func approval() async throws {
        try await VenueScene.with { venue in
            let running = try await approve(venue)
            try await venue.ask("DELETE", "faults")
            let outcome = await running.outcome()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(try await venue.home.value("SELECT filled > 0 FROM parent_orders") == "true")
            try await venue.checkBooks()
        }
    }

    @Test("A plan that was approved does not go out when the comparison changes the positions that it was planned by")
    func approvedByOthers() async throws {
        try await VenueScene.with { venue in
            let running = try await approve(venue)
            try await buyElsewhere(venue)
            try await venue.ask("DELETE", "faults")
            let outcome = await running.outcome()
            #expect(outcome.status == 3, "\(outcome.output)\(outcome.errors)")
            #expect("\(outcome.output)\(outcome.errors)".contains("changed the positions"), "\(outcome.output)")
            #expect(try await venue.home.value("SELECT count(*) FROM parent_orders") == "0")
        }
    }

    /// A run whose plan was approved once its streams were gone, and which waits.
    private func approve(_ venue: VenueScene) async throws -> RunningProgram {
        _ = try await venue.run("db migrate")
        let running = try venue.start("run \(try venue.home.write("signed.yaml", Self.signed))")
        let asks = "SELECT count(*) > 0 FROM approval_requests"
        #expect(try await venue.home.wait(until: asks, while: running))
        let run = try await venue.home.value("SELECT id FROM runs")
        let digest = try await venue.home.value("SELECT digest FROM approval_requests")
        try await venue.fail("fault: streams-down, for: 900s")
        let isUnreconciled = "SELECT count(*) > 0 FROM account_reconciliations WHERE NOT is_reconciled"
        #expect(try await venue.home.wait(until: isUnreconciled, while: running))
        let yes = try await venue.run("approve \(run) --digest \(digest) --by ada")
        #expect(yes.status == 0, "\(yes.output)\(yes.errors)")
        try await Task.sleep(for: .seconds(3))
        #expect(!running.hasEnded)
        #expect(try await venue.home.value("SELECT count(*) FROM parent_orders") == "0")
        return running
    }

    @Test("What was sized by positions that the comparison changes is not sent")
    func changed() async throws {
        try await VenueScene.with { venue in
            let buying = try await buy(venue)
            try await Task.sleep(for: .seconds(2))
            #expect(!buying.hasEnded)
            try await buyElsewhere(venue)
            try await venue.ask("DELETE", "faults")
            let bought = await buying.outcome()
            #expect(bought.output.contains("plan_changed"), "\(bought.output)\(bought.errors)")
            #expect(try await venue.home.value("SELECT count(*) FROM parent_orders") == "0")
            #expect(try await venue.home.value("SELECT quantity FROM positions") == "0.02")
        }
    }

    /// Somebody with the account's keys, of whom the books here know nothing.
    private func buyElsewhere(_ venue: VenueScene) async throws {
        let bought = try await BuiltProgram.installed("python3").run(["-c", Self.purchase, "\(venue.port)"])
        #expect(bought.output.contains("FILLED"), "\(bought.output)\(bought.errors)")
    }

    private static let purchase = """
        import hashlib, hmac, json, sys, urllib.request
        base = "http://127.0.0.1:%s/fapi/v1/" % sys.argv[1]
        now = json.load(urllib.request.urlopen(base + "time"))["serverTime"]
        query = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.02&newOrderRespType=RESULT&recvWindow=60000&timestamp=%d" % now
        signature = hmac.new(b"test-secret", query.encode(), hashlib.sha256).hexdigest()
        address = base + "order?%s&signature=%s" % (query, signature)
        request = urllib.request.Request(address, method="POST", headers={"X-MBX-APIKEY": "test-key"})
        print(urllib.request.urlopen(request).read().decode())
        """

    @Test("Whoever stops the run meanwhile is heard at once, and whoever goes on with it waits in turn")
    func stopped() async throws {
        try await VenueScene.with { venue in
            let buying = try await buy(venue)
            try await Task.sleep(for: .seconds(1))
            #expect(kill(buying.process, SIGTERM) == 0)
            let outcome = await buying.outcome()
            #expect(outcome.status == 1 && outcome.errors.contains("goes on in the background"), "\(outcome.errors)")
            // It was not the end of its patience that ended the wait: that would have been an outcome.
            #expect(try await venue.home.value("SELECT count(*) FROM step_runs WHERE path LIKE '%check%'") == "0")
            try await venue.ask("DELETE", "faults")
            let run = try await venue.home.value("SELECT id FROM runs")
            let followed = try await venue.run("runs follow \(run) --output json")
            #expect(try RunDocument(followed.output).items.first?.status == "SUCCESS", "\(followed.output)")
            try await venue.checkBooks()
        }
    }

    @Test("A cancel from elsewhere is heard meanwhile")
    func cancelled() async throws {
        try await VenueScene.with { venue in
            let buying = try await buy(venue)
            let run = try await venue.home.value("SELECT id FROM runs")
            let cancelled = try await venue.run("runs cancel \(run) --reason drill")
            #expect(cancelled.status == 0, "\(cancelled.output)\(cancelled.errors)")
            let item = try #require(try RunDocument(await buying.outcome().output).items.first)
            // It was not the end of its patience that ended the wait: that would have blocked the order.
            #expect(item.status == "FAILED" && item.message.contains("drill"), "\(item)")
        }
    }

    /// An order that was asked for while no stream opens, once it has come as far as the step before the one that waits.
    private func buy(_ venue: VenueScene) async throws -> RunningProgram {
        _ = try await venue.run("db migrate")
        try await venue.fail("fault: streams-down, for: 900s")
        let buying = try venue.start("order buy BTCUSDT 0.01 --urgency CRITICAL --output json")
        let isProposed = "SELECT count(*) > 0 FROM step_runs WHERE path LIKE '%propose%'"
        #expect(try await venue.home.wait(until: isProposed, while: buying))
        return buying
    }
}
