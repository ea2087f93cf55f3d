import ExecutionEngine
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("The venue's news as an account starts")
struct FuturesVenueTests {
    private let streams = Collected<ScriptedStream>()
    private let heard = Collected<VenueNews>()

    /// The account's stream is opened as the third, after those of the market.
    private func accountStream() async throws -> ScriptedStream { try await streams.wait { $0.count >= 3 }[2] }

    private func open(patience: Duration) async throws -> FuturesVenue {
        let scripted = try await ScriptedVenue()
        try await scripted.answerStart()
        let venue = try await FuturesVenue.open(
            Samples.account,
            currency: .usdt,
            rest: try scripted.rest,
            streams: { [streams] _ in
                let stream = ScriptedStream()
                streams.append(stream)
                return stream
            },
            leverage: nil,
            title: "SCRIPTED",
            fingerprint: "scripted",
            streamPatience: patience
        )
        Task { [heard] in for await news in venue.news { heard.append(news) } }
        return venue
    }

    private func isAboutStream(_ news: VenueNews) -> Bool {
        switch news {
        case .connected, .disconnected: true
        case .market, .report, .reconcile, .alert: false
        }
    }

    @Test("A stream that opens while the start waits is no news; after a loss it is")
    func inTime() async throws {
        let venue = try await open(patience: .seconds(900))
        async let started: Void = venue.start([])
        let stream = try await accountStream()
        stream.say(.connected)
        await started
        stream.say(.disconnected(reason: "cut"))
        stream.say(.connected)
        let news = try await heard.wait { $0.contains(.connected) }.filter(isAboutStream)
        #expect(news == [.disconnected(reason: "cut"), .connected])
        await venue.close()
    }

    @Test("One that opens after the start has gone on without it is told, so that the account is compared")
    func late() async throws {
        let venue = try await open(patience: .milliseconds(1))
        await venue.start([])
        try await accountStream().say(.connected)
        let news = try await heard.wait { $0.contains(.connected) }.filter(isAboutStream)
        #expect(news == [.connected])
        await venue.close()
    }
}
