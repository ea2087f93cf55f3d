import Foundation
import Testing
import TradingDomain

struct NamesTests {
    @Test(arguments: ["AAPL", "005930", "BTC/USDT", "BRK.B", "ES=F", "A", "ABCDEFGHIJKLMNOPQRSTUVWX", "A_B-C"])
    func symbolsAreTexts(_ text: String) throws {
        let symbol = try #require(Symbol(text))
        #expect(symbol.text == text && symbol.description == text)
        let data = try JSONEncoder().encode([symbol])
        #expect(try JSONDecoder().decode([Symbol].self, from: data) == [symbol])
    }

    @Test(arguments: [
        "", "aapl", "AAPL ", " AAPL", "A APL", "ABCDEFGHIJKLMNOPQRSTUVWXY", ".A", "-A", "^GSPC", "A;B", "ÄPFEL",
        "A\u{0}", "A\n",
        "A'B", "A\"",
    ])
    func otherSymbolsAreRefused(_ text: String) {
        #expect(Symbol(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Symbol].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test(arguments: 0..<20)
    func symbolsCompareAsTheirTextsDo(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        let letters = Array("AB9.^/=_-")
        let texts = (0..<60).map { _ in
            // Few letters and all lengths, so that one is often the beginning of another.
            "A"
                + String(
                    (0..<Int.random(in: 0..<24, using: &random)).map { _ in letters.randomElement(using: &random) ?? "A"
                    }
                )
        }
        let symbols = try texts.map { try #require(Symbol($0)) }
        #expect(symbols.map(\.text) == texts)
        #expect(symbols.sorted().map(\.text) == texts.sorted())
        #expect(Set(symbols).count == Set(texts).count)
    }

    @Test(arguments: 0..<20)
    func clientOrderIDsLeadBackToTheirParts(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        for _ in 0..<50 {
            let parent = ParentOrderID(digest: (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) })
            let incarnation = Incarnation(bits: UInt32.random(in: 0..<1 << 20, using: &random))
            let sequence = Int.random(in: 1..<100_000_000_000, using: &random)
            let id = ClientOrderID(parent: parent, incarnation: incarnation, sequence: sequence)
            #expect(id.text.utf8.count <= 36)
            #expect(id.text.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil)
            let parts = try #require(id.parts)
            #expect(parts == (parent, incarnation, sequence))
            #expect(ParentOrderID(parent.text) == parent && Incarnation(incarnation.text) == incarnation)
        }
    }

    @Test(arguments: [
        "", "sx", "sx-abcdefghijklmnop-aaaa", "sx-abcdefghijklmnop-aaaa-0", "sx-abcdefghijklmnop-aaaa--1",
        "sx-abcdefghijklmnop-aaaa-1-2", "sy-abcdefghijklmnop-aaaa-1", "sx-abcdefghijklmno-aaaa-1",
        "sx-abcdefghijklmnop-aaa-1", "sx-ABCDEFGHIJKLMNOP-aaaa-1", "sx-abcdefghijklmn01-aaaa-1",
        "sx-abcdefghijklmnop-aaaa-x", "web_12345",
    ])
    func foreignIDsHaveNoParts(_ text: String) { #expect(ClientOrderID(unchecked: text).parts == nil) }

    /// The alphabet of RFC 4648 in lower case, most significant bits first.
    @Test func idsAreBase32() {
        #expect(ParentOrderID(digest: [UInt8](repeating: 0, count: 10)).text == "aaaaaaaaaaaaaaaa")
        #expect(ParentOrderID(digest: [UInt8](repeating: 255, count: 10)).text == "7777777777777777")
        #expect(ParentOrderID(digest: Array("foobarfoob".utf8)).text == "mzxw6ytbojtg633c")
        #expect(Incarnation(bits: 0).text == "aaaa" && Incarnation(bits: 1).text == "aaab")
        #expect(Incarnation(bits: 0xF_FFFF).text == "7777")
    }

    @Test func sidesAndUrgenciesHaveNames() {
        #expect(Side.buy.opposite == .sell && Side.sell.sign == -1)
        #expect(Urgency(alias: "IMMEDIATE") == .critical && Urgency(alias: "LOW") == .low)
        #expect(Urgency(alias: "immediate") == nil && Urgency(alias: "URGENT") == nil)
        #expect(TradingEnvironment.backtest < .paper && TradingEnvironment.paper < .live)
    }
}
