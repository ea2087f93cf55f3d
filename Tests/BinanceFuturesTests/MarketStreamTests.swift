import MarketData
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("Market streams")
struct MarketStreamTests {
    @Test("Quotes, trades, mark prices and differences of the book")
    func decoding() throws {
        let at = Timestamp(milliseconds: 1_795_219_200_141)
        let quote =
            #"{"e":"bookTicker","u":4738261121,"s":"BTCUSDT","b":"95120.40","B":"3.214","a":"95120.50","A":"1.002","T":1795219200141,"E":1795219200143,"st":1}"#
        #expect(
            try MarketStreamEvent(parsing: quote)
                == .quote(
                    Quote(
                        symbol: Samples.bitcoin,
                        at: at,
                        bid: try Samples.price("95120.4"),
                        bidSize: try Samples.quantity("3.214"),
                        ask: try Samples.price("95120.5"),
                        askSize: try Samples.quantity("1.002")
                    )
                )
        )
        let trade =
            #"{"e":"aggTrade","E":1,"s":"BTCUSDT","a":2512345678,"p":"95120.40","q":"0.152","nq":"0.152","f":66,"l":67,"T":1795219200141,"m":true}"#
        #expect(
            try MarketStreamEvent(parsing: trade)
                == .trade(
                    Trade(
                        symbol: Samples.bitcoin,
                        at: at,
                        price: try Samples.price("95120.4"),
                        size: try Samples.quantity("0.152"),
                        aggressor: .sell
                    )
                )
        )
        let mark =
            #"{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"95118.73000000","ap":"1","P":"1","i":"1","r":"0.0001","T":1795248000000}}"#
        #expect(try MarketStreamEvent(parsing: mark) == .mark(Samples.bitcoin, try Samples.price("95118.73")))
        let depth =
            #"{"e":"depthUpdate","E":1795219200150,"T":1795219200141,"s":"BTCUSDT","U":4738261100,"u":4738261121,"pu":4738261099,"b":[["95120.40","3.214"],["95119.90","0.000"]],"a":[]}"#
        let changes: [DepthMessage.Change] = [
            .init(side: .buy, price: try Samples.price("95120.4"), size: try Samples.quantity("3.214")),
            .init(side: .buy, price: try Samples.price("95119.9"), size: .zero),
        ]
        let message = DepthMessage(
            isSnapshot: false,
            firstID: 4_738_261_100,
            lastID: 4_738_261_121,
            previousID: 4_738_261_099,
            changes: changes
        )
        #expect(try MarketStreamEvent(parsing: depth) == .depth(Samples.bitcoin, at: at, message))
    }

    @Test("Answers are no events, and a refusal is told")
    func answers() throws {
        #expect(try MarketStreamEvent(parsing: #"{"result":null,"id":1}"#) == .ignored)
        #expect(try MarketStreamEvent(parsing: #"{"e":"24hrTicker","s":"BTCUSDT"}"#) == .ignored)
        let refusal = MarketStreamEvent.refused(VenueMessage(code: 2, message: "Invalid request: x"))
        #expect(try MarketStreamEvent(parsing: #"{"code":2,"msg":"Invalid request: x"}"#) == refusal)
        #expect(throws: (any Error).self) { try MarketStreamEvent(parsing: "pong") }
    }
}
