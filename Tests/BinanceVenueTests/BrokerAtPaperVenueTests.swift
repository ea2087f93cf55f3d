import ExecutionEngine
import MarketData
import OrderManagement
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("The broker at the local exchange", .serialized)
struct BrokerAtPaperVenueTests {
    private func isFill(_ event: BrokerEvent) -> Bool { if case .filled = event { true } else { false } }
    private func isEnd(_ event: BrokerEvent) -> Bool {
        switch event {
        case .cancelled, .expired, .rejected, .notPlaced: true
        default: false
        }
    }

    @Test("A market order fills, a resting one is cancelled, and the account's report agrees with both")
    func life() async throws {
        let world = try await VenueProgram()
        await world.broker.send([.place(try await world.order(1, .buy, "0.01"))])
        // What fills whole is told by its trades alone.
        let whole = try Quantity(parsing: "0.01")
        let traded = try await world.reports(1) { events in
            let filled = events.reduce(Quantity.zero) { sum, event in
                if case .filled(let fill) = event { sum + fill.quantity } else { sum }
            }
            return filled >= whole || events.contains(where: isEnd)
        }
        let fills = traded.compactMap { if case .filled(let fill) = $0 { fill } else { nil } }
        #expect(fills.reduce(Quantity.zero) { $0 + $1.quantity } == (try Quantity(parsing: "0.01")))
        #expect(fills.allSatisfy { $0.commission > .zero(.usdt) && $0.commission.currency == .usdt })

        let price = try await world.restingPrice()
        await world.broker.send([.place(try await world.order(2, .buy, "0.02", limit: price))])
        _ = try await world.reports(2) { !$0.isEmpty }
        let hourAgo = await world.broker.venueTime() - .seconds(3600)
        guard case .report(let report) = await world.broker.accountReport(since: hourAgo) else {
            Issue.record("no report")
            return
        }
        #expect(report.openOrders.map(\.clientID) == [VenueProgram.id(2)])
        #expect(report.positions == [VenueProgram.bitcoin: try Quantity(parsing: "0.01")])
        #expect(report.fills.map(\.fill).map(\.tradeID) == fills.map(\.tradeID))
        #expect(report.fills.map(\.fill).map(\.clientOrderID) == fills.map(\.clientOrderID))
        let paid = fills.reduce(Money.zero(.usdt)) { $0 + $1.commission }
        #expect(report.balances == [try Money(parsing: "10000", .usdt) - paid])

        await world.broker.send([.cancel(VenueProgram.id(2), VenueProgram.bitcoin)])
        let ended = try await world.reports(2) { $0.contains(where: isEnd) }
        #expect(ended.contains(.cancelled(VenueProgram.id(2), executed: .zero)))
        // The whole life again, by question.
        guard case .known(let events) = await world.broker.query(VenueProgram.id(1), VenueProgram.bitcoin) else {
            Issue.record("not known")
            return
        }
        #expect(events.filter(isFill) == traded.filter(isFill))
    }

    @Test("An answer that says nothing is found out by asking", arguments: [true, false])
    func unknown(isExecuted: Bool) async throws {
        let world = try await VenueProgram()
        try await world.fault(isExecuted ? "unknown-executed" : "unknown-not-executed", on: "place")
        let price = try await world.restingPrice()
        let order = try await world.order(1, .buy, "0.02", limit: price)
        await world.broker.send([.place(order)])
        let told = try await world.reports(1) { $0.contains { if case .unknown = $0 { true } else { false } } }
        #expect(!told.contains(where: isEnd))
        switch await world.broker.query(VenueProgram.id(1), VenueProgram.bitcoin) {
        case .known: #expect(isExecuted)
        case .notFound(let time):
            #expect(!isExecuted)
            #expect(time >= order.requestTime - .seconds(1))
        case .unavailable(let reason): Issue.record("\(reason)")
        }
    }

    @Test("A copy that comes after its validity dies at the venue and not only here")
    func lateCopy() async throws {
        let world = try await VenueProgram()
        // Older than it is valid, by the venue's clock; the broker would keep it back, so it goes by hand.
        let past = await world.broker.venueTime() - .seconds(6)
        let old = try await world.order(1, .buy, "0.01", at: past, validFor: .seconds(5))
        await world.broker.send([.place(old)])
        guard case .notPlaced? = try await world.reports(1, { !$0.isEmpty }).first else {
            Issue.record("it was sent")
            return
        }
        let rules = try #require(try await world.rest.rules()[VenueProgram.bitcoin])
        let verdict = await world.rest.place(try rules.prepare(old, mark: nil)).verdict
        guard case .unavailable(let reason, .late) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(reason.contains("-1021"))
        guard case .notFound = await world.broker.query(VenueProgram.id(1), VenueProgram.bitcoin) else {
            Issue.record("the venue has it")
            return
        }
    }

    @Test("A replacement keeps the venue's order and takes our new id")
    func replacement() async throws {
        let world = try await VenueProgram()
        let price = try await world.restingPrice()
        await world.broker.send([.place(try await world.order(1, .buy, "0.02", limit: price))])
        _ = try await world.reports(1) { !$0.isEmpty }
        let lower = price - Price(units: 1_000_000_000)
        await world.broker.send([.replace(try await world.order(2, .buy, "0.03", limit: lower, replaces: 1))])
        let told = try await world.reports(2) { !$0.isEmpty }
        guard case .replaced(VenueProgram.id(1), VenueProgram.id(2), _, .zero, _)? = told.first else {
            Issue.record("\(told)")
            return
        }
        guard case .report(let report) = await world.broker.accountReport(since: await world.broker.venueTime()) else {
            Issue.record("no report")
            return
        }
        #expect(report.openOrders.map(\.clientID) == [VenueProgram.id(2)])
        #expect(report.openOrders.map(\.limit) == [lower])
        await world.broker.send([.cancel(VenueProgram.id(2), VenueProgram.bitcoin)])
        #expect(try await world.reports(2) { $0.contains(where: isEnd) }.contains(where: isEnd))
    }

    @Test("The market is followed: quotes, trades, a book that is never crossed, mark prices")
    func market() async throws {
        let world = try await VenueProgram()
        let feed = FuturesMarketFeed(rest: world.rest, streams: WebSocketOpener.opener())
        await feed.watch([VenueProgram.bitcoin])
        let running = Task { await feed.run() }
        defer { running.cancel() }
        var (quotes, depths, marks, losses) = (0, 0, 0, 0)
        for await event in feed.events {
            switch event {
            case .market(.quote(let quote)):
                quotes += 1
                #expect(quote.isUsable)
            case .market(.depth(let depth)):
                depths += 1
                let bid = try #require(depth.levels.bids.first?.price)
                let ask = try #require(depth.levels.asks.first?.price)
                #expect(bid < ask)
            case .mark: marks += 1
            case .market: break
            case .disconnected: losses += 1  // On a machine that stood still; the book is read anew.
            case .alert(let code, let message): Issue.record("\(code): \(message)")
            }
            if losses > 3 || quotes > 5 && depths > 20 && marks > 2 { break }
        }
        #expect(losses <= 3)
    }

    @Test("Everything is cancelled at once, and the dead-man timer does it when nobody is left")
    func emergencies() async throws {
        let world = try await VenueProgram()
        let price = try await world.restingPrice()
        await world.broker.send([.place(try await world.order(1, .buy, "0.02", limit: price))])
        _ = try await world.reports(1) { !$0.isEmpty }
        #expect(await world.broker.cancelAll([VenueProgram.bitcoin]) == .accepted)
        _ = try await world.reports(1) { $0.contains(where: isEnd) }
        await world.broker.send([.place(try await world.order(2, .buy, "0.02", limit: price))])
        _ = try await world.reports(2) { !$0.isEmpty }
        guard case .armed(.some) = await world.broker.armDeadMan(.seconds(1), [VenueProgram.bitcoin]) else {
            Issue.record("not armed")
            return
        }
        _ = try await world.reports(2) { $0.contains(where: isEnd) }
    }
}
