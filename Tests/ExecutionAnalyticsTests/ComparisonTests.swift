import ExecutionAnalytics
import Foundation
import Testing
import TradingDomain

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Comparison page")
struct ComparisonTests {
    private static func row(_ value: String, _ mean: Double?) -> ComparisonRow {
        var row = ComparisonRow(
            value: value,
            currency: .usd,
            executions: 7,
            fills: mean == nil ? 0 : 9,
            notional: FixedDecimal(123_456),
            fees: FixedDecimal(units: 150_000_000)
        )
        row.meanSlippageBps = mean
        row.medianSlippageBps = mean.map { $0 / 2 }
        row.met = mean == nil ? 0 : 2
        row.missed = mean == nil ? 0 : 1
        return row
    }

    @Test("It is well-formed for any groups, says every figure, and draws inside its image", arguments: [0, 1, 3, 70])
    func page(count: Int) throws {
        let rows = (0..<count).map { Self.row("<\($0)> & \"quoted\"", $0 == 2 ? nil : Double($0 * 7 % 31) - 9) }
        let page = ComparisonPage(dimension: .marketState, account: "paper", since: "2026-01-02", rows: rows)
        let html = page.html()
        let opening = "<!DOCTYPE html>\n"
        try #require(html.hasPrefix(opening))
        let parser = XMLParser(data: Data(html.dropFirst(opening.count).utf8))
        #expect(parser.parse(), "line \(parser.lineNumber): \(String(describing: parser.parserError))")
        #expect(page.html() == html && !html.contains("<script") && !html.contains("nan"))
        for words in ["By market state", "paper", "2026-01-02", "the last"] { #expect(html.contains(words)) }
        if count == 0 { #expect(html.contains("No order that was admitted")) }
        if count == 3 {
            for words in ["123,456.00 USD", "−9.00", "66 %", "33 %", "nothing filled", "of 7"] {
                #expect(html.contains(words), "\(words) is missing")
            }
        }
        for x in html.matches(of: #/ (?:x|x1|x2)="(-?[0-9.]+)"/#).compactMap({ Double($0.1) }) {
            #expect((0...700).contains(x))
        }
    }
}
