import ExecutionAnalytics
import Testing
import TradingDomain

#if canImport(FoundationXML)
    import FoundationXML
#endif
import Foundation

@Suite("A run's page")
struct PageTests {
    /// Pages of every size; the text says what is special.
    private static func pages() throws -> [(String, RunPage)] {
        func item(_ count: Int, ordered: Int? = nil, tape: Bool = true, _ ticker: String = "NVDA") throws
            -> RunPage.Item
        {
            let symbol = Symbol(ticker) ?? Sample.symbol
            return RunPage.Item(
                ticker: ticker,
                status: count == 0 ? "FAILED" : "SUCCESS",
                message: "",
                decision: .init(id: "decision-\(ticker)", agent: "momentum", action: "BUY", rationale: "it rose"),
                execution: try Sample.execution(fills: count, ordered: ordered, symbol: symbol, tape: tape)
            )
        }
        let hold = RunPage.Item(ticker: "AAPL", status: "HOLD", message: "The agent looked and keeps the position.")
        let blocked = RunPage.Item(ticker: "KO", status: "BLOCKED", message: "position 12 % is above max_position 10 %")
        let refused = RunPage.Item(ticker: "XOM", status: "BLOCKED", message: "", refusal: Sample.refusal)
        var rebalanced = Sample.page([hold, blocked], status: "BLOCKED")
        rebalanced.rebalance = rebalance
        return [
            ("rebalance", rebalanced), ("no items", Sample.page([], status: "FAILED")),
            ("hold only", Sample.page([hold], status: "HOLD")),
            ("blocked", Sample.page([blocked], status: "BLOCKED")), ("one fill", Sample.page([try item(1)])),
            ("no fill", Sample.page([try item(0, ordered: 100)], status: "FAILED")),
            ("no tape", Sample.page([try item(3, tape: false)])), ("500 fills", Sample.page([try item(500)])),
            ("50 items", Sample.page(try (0..<50).map { try item($0 % 12 + 1, "T\($0)") })),
            ("refused", Sample.page([refused, hold], status: "BLOCKED")),
            ("partly filled", Sample.page([try item(5, ordered: 400), hold, blocked])),
        ]
    }

    private static let rebalance = RebalancePage(
        state: "DEGRADED",
        explanation: "some trades did not fill <whole>",
        facts: [.init("Cash", "1000 → 20")],
        notes: ["buys were cut"],
        names: [
            .init(
                symbol: "KO",
                before: FixedDecimal(30),
                target: FixedDecimal(10),
                reached: FixedDecimal(units: 1_234_500_000),
                away: FixedDecimal(units: 234_500_000),
                planned: Quantity(-200),
                filled: Quantity(-176),
                reason: "timed out & cancelled"
            ),
            .init(
                symbol: "XOM",
                before: .zero,
                target: FixedDecimal(20),
                reached: nil,
                away: nil,
                planned: Quantity(50),
                filled: .zero,
                reason: nil
            ),
        ]
    )

    @Test("A rebalance has its state by name, and each name's target beside what was reached")
    func rebalanced() {
        var page = Sample.page([])
        page.rebalance = Self.rebalance
        let html = page.html()
        for text in [
            ">DEGRADED<", "Target and reached weights", "12.34", "+2.34", ">-176<", "timed out &amp; cancelled",
            "buys were cut",
            "&lt;whole&gt;", "1000 → 20",
        ] { #expect(html.contains(text), "\(text) is missing") }
        #expect(!Sample.page([]).html().contains("Target and reached"))
    }

    @Test("Every page is well-formed, its ids are unique, and it needs nothing from elsewhere")
    func wellFormed() throws {
        for (name, page) in try Self.pages() {
            let html = page.html()
            let document = try Document(html)
            #expect(document.problem == nil, "\(name): \(document.problem ?? "")")
            #expect(document.ids.count == Set(document.ids).count, "\(name): an id is there twice")
            #expect(document.elements.isDisjoint(with: ["script", "link", "img", "iframe", "object"]), "\(name)")
            let namespaces = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"]
            let rest = namespaces.reduce(html) { $0.replacing($1, with: "") }
            for word in ["http:", "https:", "url(", "@import", "src="] {
                #expect(!rest.contains(word), "\(name) contains \(word)")
            }
            #expect(!html.contains("nan") && !html.contains("inf\""), "\(name) holds what is no number")
            #expect(page.html() == html, "\(name): other bytes for the same page")
        }
    }

    @Test("Text of agents and venues stays text")
    func escaping() throws {
        let evil = "<script>alert('x')</script> & \"quoted\" \u{0}\u{1B}[31m ]]> </style>"
        let execution = try Sample.execution(fills: 2)
        let page = RunPage(
            run: evil,
            workflow: evil,
            status: evil,
            account: evil,
            environment: evil,
            market: evil,
            isGenerated: false,
            startedAt: Sample.start,
            endedAt: Sample.start,
            message: evil,
            items: [
                .init(
                    ticker: evil,
                    status: evil,
                    message: evil,
                    decision: .init(id: evil, agent: evil, action: evil, rationale: evil),
                    execution: execution
                ),
                .init(ticker: evil, status: evil, message: evil, decision: .init(id: evil)),
            ]
        )
        let html = page.html()
        let document = try Document(html)
        #expect(document.problem == nil)
        #expect(!document.elements.contains("script"))
        #expect(!html.contains("<script"))
        #expect(!html.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;quoted&quot;"))
    }

    @Test("An invented market is called so; a real one is not")
    func banner() {
        #expect(Sample.page([], isGenerated: true).html().contains("the numbers are invented"))
        #expect(!Sample.page([], isGenerated: false).html().contains("invented"))
    }

    @Test("The page shows the exact parts and their exact sum")
    func numbers() throws {
        let execution = try Sample.execution(fills: 4, ordered: 100)
        let shortfall = try #require(execution.shortfall)
        let html = Sample.page([.init(ticker: "NVDA", status: "PARTIAL", message: "", execution: execution)]).html()
        // 40 of 100 filled at 100.03 … 100.06 from an arrival at 100 and a decision at 99.99, ended at 100.50.
        for (part, text) in [
            (shortfall.delay, "+1<"), (shortfall.trading, "+1.8<"), (shortfall.opportunity, "+30<"),
            (shortfall.fees, "+0.6<"), (shortfall.total, "+33.4<"),
        ] { #expect(html.contains(">\(text)"), "\(part) is not shown as \(text)") }
        #expect(html.contains("The market’s tape was not kept") == false)
        #expect(
            try Sample.page([
                .init(ticker: "A", status: "x", message: "", execution: Sample.execution(fills: 1, tape: false))
            ]).html().contains("The market’s tape was not kept")
        )
    }

    @Test("A refused order has its section, with what was asked and the rule that said no")
    func refusal() {
        let item = RunPage.Item(ticker: "XOM", status: "BLOCKED", message: "m", refusal: Sample.refusal)
        let html = Sample.page([item], status: "BLOCKED").html()
        for text in [
            "href=\"#item-1\"", "id=\"item-1\"", "BUY 100, refused", "MAX_POSITION: position 12 % is above 10 %",
            "Risk: block", "Risk passed", "Nothing was sent", Sample.refusal.order,
        ] { #expect(html.contains(text), "\(text) is missing") }
    }

    @Test("What came after the fills is shown as far as it is known")
    func aftermath() throws {
        var execution = try Sample.execution(fills: 4)
        execution.aftermath = Aftermath(
            marks: [
                .init(horizonSeconds: 60, bps: 1.5, covered: Quantity(40)),
                .init(horizonSeconds: 300, bps: -2.25, covered: Quantity(10)),
                .init(horizonSeconds: 1800, bps: nil, covered: .zero),
            ],
            halfSpreadBps: 0.75,
            closePrice: nil,
            readUntil: Sample.start,
            isComplete: false
        )
        execution.predictedCostBps = 3
        execution.flags = [.participationAboveOne]
        let html = Sample.page([.init(ticker: "A", status: "SUCCESS", message: "", execution: execution)]).html()
        for text in [
            "After 60 s", "+1.50", "−2.25", "known for 25 %", "known for 0 %", "+0.75", "not known yet",
            "+3.00 bps, was",
            "more than the market&#39;s tape shows",
        ] { #expect(html.contains(text), "\(text) is missing") }
    }

    @Test("Drawings stay inside their images")
    func inside() throws {
        for (name, page) in try Self.pages() {
            let document = try Document(page.html())
            for (element, x) in document.horizontal {
                #expect((0...680).contains(x), "\(name): \(element) at \(x)")
            }
        }
    }
}

/// What an XML parser makes of a page.
private final class Document: NSObject, XMLParserDelegate {
    private(set) var problem: String?
    private(set) var ids: [String] = []
    private(set) var elements: Set<String> = []
    /// Elements with a horizontal coordinate.
    private(set) var horizontal: [(String, Double)] = []

    init(_ html: String) throws {
        super.init()
        let opening = "<!DOCTYPE html>\n"
        try #require(html.hasPrefix(opening))
        let parser = XMLParser(data: Data(html.dropFirst(opening.count).utf8))
        parser.delegate = self
        if !parser.parse() { problem = "line \(parser.lineNumber): \(String(describing: parser.parserError))" }
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        elements.insert(name)
        if let id = attributes["id"] { ids.append(id) }
        for key in ["x", "x1", "x2", "cx"] {
            if let text = attributes[key], let value = Double(text) { horizontal.append((name, value)) }
        }
    }
}
