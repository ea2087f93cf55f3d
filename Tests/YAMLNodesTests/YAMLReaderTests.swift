import Testing
import YAMLNodes

struct Refusal: Sendable, CustomTestStringConvertible {
    let text: String
    let rule: String
    let line: Int
    let column: Int
    var testDescription: String { "\(rule): \(text.debugDescription.prefix(50))" }

    init(_ text: String, _ rule: String, _ line: Int, _ column: Int) {
        self.text = text
        self.rule = rule
        self.line = line
        self.column = column
    }
}

@Suite("Reading YAML")
struct YAMLReaderTests {
    private func read(_ text: String) -> (YAMLNode?, [Diagnostic]) {
        let diagnostics = Diagnostics()
        let node = YAMLReader.read(SourceFile(name: "t.yaml", text: text), into: diagnostics)
        return (node, diagnostics.sorted)
    }

    @Test("Scalars keep their text, and know whether they were quoted")
    func scalarsKeepText() throws {
        let (node, found) = read("list: [ON, NO, TRUE, 0123, 1_000, \"a\\tb\", 'it''s']\nempty:\n")
        #expect(found.isEmpty)
        let texts = try #require(node?["list"]?.sequence).compactMap(\.scalar)
        #expect(texts.map(\.text) == ["ON", "NO", "TRUE", "0123", "1_000", "a\tb", "it's"])
        #expect(texts.map(\.isQuoted) == [false, false, false, false, false, true, true])
        #expect(node?["empty"]?.isEmpty == true)
    }

    @Test("Keys and values know line, column and text")
    func positions() throws {
        let (node, _) = read("# é comment\nname: \"wörk\"\nsteps:\n  - id: a\n    with: { x: 1, y: z }\n")
        let entries = try #require(node?.entries)
        #expect(entries.map(\.key) == ["name", "steps"])
        #expect(entries[0].value.range.place == "t.yaml:2:7")
        #expect(entries[0].value.range.text == "\"wörk\"")
        let step = try #require(entries[1].value.sequence?.first)
        #expect(step.range.place == "t.yaml:4:5")
        #expect(step["id"]?.range.place == "t.yaml:4:9")
        #expect(step.entries?[1].keyRange.place == "t.yaml:5:5")
    }

    @Test(
        "What the strict subset leaves out is refused at its place",
        arguments: [
            Refusal("a: &x 1\n", "anchor", 1, 4),
            Refusal("a: *x\n", "alias", 1, 4),
            Refusal("a: 1\n<<: {b: 2}\n", "merge-key", 2, 1),
            Refusal("a: !!str 1\n", "tag", 1, 4),
            Refusal("a: ! 1\n", "tag", 1, 4),
            Refusal("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1),
            Refusal("a:\n\t- b\n", "tab", 2, 1),
            Refusal("a: 1\n---\nb: 2\n", "documents", 2, 1),
            Refusal("? [a, b]\n: 1\n", "key", 1, 3),
            Refusal("? \n: 1\n", "key", 1, 2),
            Refusal("\u{FEFF}a: 1\n", "encoding", 1, 1),
            Refusal("a: \u{7}\n", "encoding", 1, 4),
            Refusal("%YAML 1.2\n---\na: 1\n", "yaml", 1, 1),
            Refusal("", "yaml", 1, 1),
            Refusal("# only a comment\n", "yaml", 1, 1),
            Refusal("a: b: c\n", "yaml", 1, 5),
            Refusal("a: {b: ${{ c }}}\n", "yaml", 1, 9),
            Refusal("a: [1, 2\nb: 3\n", "yaml", 2, 2),
            Refusal("a: 'open\n", "yaml", 2, 1),
        ]
    )
    func refusals(_ refusal: Refusal) throws {
        let (_, found) = read(refusal.text)
        let first = try #require(found.first)
        #expect(first.rule == refusal.rule)
        #expect(first.range.position.line == refusal.line, "\(first.rendered)")
        #expect(first.range.position.column == refusal.column, "\(first.rendered)")
    }

    @Test("Several findings in one file are all reported")
    func collectsAll() {
        let (_, found) = read("a: &x 1\nb: *x\nc: !t 2\nc: 3\n")
        #expect(found.map(\.rule) == ["anchor", "alias", "tag", "duplicate-key"])
    }

    @Test("Invalid UTF-8 is refused where it stands")
    func invalidEncoding() throws {
        let diagnostics = Diagnostics()
        let bytes = Array("a: 1\nb: ".utf8) + [0xFF, 0x0A]
        #expect(YAMLReader.read(bytes: bytes, name: "t.yaml", into: diagnostics).node == nil)
        let first = try #require(diagnostics.items.first)
        #expect(first.rule == "encoding")
        #expect(first.range.place == "t.yaml:2:4")
    }

    @Test("Depth, size and number of nodes are bounded")
    func bounds() {
        let deep = String(repeating: "[", count: 10_000)
        #expect(read(deep).1.first?.rule == "limit")
        #expect(read("a: [" + String(repeating: "x, ", count: 60_000) + "x]").1.first?.rule == "limit")
        #expect(read(String(repeating: "#", count: YAMLReader.Limits.bytes + 1)).1.first?.rule == "limit")
        // Aliases are refused at the first one, so nothing can expand.
        let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
        #expect(Set(read(laughs).1.map(\.rule)) == ["anchor", "alias"])
    }

    @Test("The flow-map and colon traps have their own hints")
    func hints() {
        #expect(read("with: { order: ${{ order }} }\n").1.first?.help?.contains("must be quoted") == true)
        #expect(read("a: ${{ x ? y : z }}\n").1.first?.help?.contains("quote the whole value") == true)
    }

    @Test("A diagnostic renders as in the reference")
    func rendering() {
        let text = String(repeating: "\n", count: 40) + "        order: ${{ order }}\n"
        let source = SourceFile(name: "rebalance.yaml", text: text)
        let range = source.range(55..<67)
        let diagnostic = Diagnostic(
            rule: "type",
            "`order` of execute.vwap wants ApprovedOrder, got ProposedOrder",
            at: range,
            help: "foreach runs over `steps.size.orders` (line 36); `steps.check.approved` has passed risk.check"
        )
        #expect(
            diagnostic.rendered == """
                rebalance.yaml:41:16: error[type]: `order` of execute.vwap wants ApprovedOrder, got ProposedOrder
                   |
                41 |         order: ${{ order }}
                   |                ^^^^^^^^^^^^
                   = help: foreach runs over `steps.size.orders` (line 36); `steps.check.approved` has passed risk.check
                """
        )
    }

    @Test("Carets of very long lines stay in view, ranges over several lines stop at the first")
    func renderingEdges() {
        let source = SourceFile(name: "t", text: String(repeating: "x", count: 500) + "HERE\nnext\n")
        let wide = Diagnostic(rule: "r", "m", at: source.range(500..<508)).rendered.split(separator: "\n")
        let caret = wide[3].firstIndex(of: "^").map { wide[3].distance(from: wide[3].startIndex, to: $0) } ?? 0
        #expect(wide[2].dropFirst(caret).hasPrefix("HERE"))
        #expect(wide[3].filter { $0 == "^" }.count == 4)
    }
}
