import Foundation
import Glibc
import Orchestration
import Testing
import TradingDomain
import Workflows

@testable import smartexec

@Suite("Output")
struct OutputTests {
    private func table() -> Table {
        var table = Table([.text("TICKER"), .number("QUANTITY"), .prose("MESSAGE")])
        table.add(["AAPL", "100", "filled as expected by its schedule"])
        table.add(["005930", "5", "삼성전자 주문"])
        table.add(["X", "", "two\nlines"])
        return table
    }

    @Test("Numbers align right, text left, empty cells are dashes, wide characters count twice")
    func aligned() {
        #expect(
            table().rendered() == """
                TICKER  QUANTITY  MESSAGE
                AAPL         100  filled as expected by its schedule
                005930         5  삼성전자 주문
                X              –  two lines
                """
        )
    }

    @Test("Prose gives way on a narrow terminal, numbers never do")
    func narrow() {
        #expect(
            table().rendered(width: 30) == """
                TICKER  QUANTITY  MESSAGE
                AAPL         100  filled as e…
                005930         5  삼성전자 주…
                X              –  two lines
                """
        )
        let least = table().rendered(width: 3).split(separator: "\n")
        #expect(least[1] == "AAPL         100  filled …")
    }

    @Test("Style adds nothing that is seen")
    func style() {
        let plain = table().rendered()
        let styled = table().rendered(style: TextStyle(isEnabled: true)) { _, _, cell in
            TextStyle(isEnabled: true).status(cell)
        }
        #expect(styled != plain)
        #expect(styled.replacing(#/\u{1B}\[[0-9]+m/#, with: "") == plain)
        #expect(TextStyle.plain.red("x") == "x")
        #expect(TextStyle(isEnabled: true).status("FAILED  ") == "\u{1B}[31mFAILED  \u{1B}[0m")
    }

    @Test(
        "Width of text",
        arguments: [("abc", 3), ("é", 1), ("e\u{301}", 1), ("주", 2), ("🚀", 2), ("", 0), ("–", 1), ("👩‍👩‍👧", 2)]
    )
    func width(_ text: String, _ width: Int) { #expect(text.displayWidth == width) }

    @Test("JSON keeps the order of keys, prints decimals as text and never an infinity")
    func json() throws {
        let document = JSONDocument.object([
            "run": .string("a\"b\\\n\u{1}"),
            "items": .array([.object(["quantity": .decimal(Quantity(5)), "bps": .number(1.5)]), .array([])]),
            "none": .decimal(nil as Price?),
            "whole": .number(3),
            "infinite": .number(.infinity),
            "count": .integer(-2),
            "raw": try .encoding(["b": 1, "a": 2]),
        ])
        let compact =
            #"{"run":"a\"b\\\n\u0001","items":[{"quantity":"5","bps":1.5},[]],"none":null,"whole":3,"infinite":null,"#
            + #""count":-2,"raw":{"a":2,"b":1}}"#
        #expect(document.compact == compact)
        #expect(document.pretty.hasPrefix("{\n  \"run\": \"a\\\"b\\\\\\n\\u0001\",\n  \"items\": [\n    {\n"))
        let parsed = try JSONSerialization.jsonObject(with: Data(document.pretty.utf8)) as? [String: Any]
        #expect(parsed?["run"] as? String == "a\"b\\\n\u{1}")
    }

    @Test(
        "The greatest exit status wins",
        arguments: [
            ([], 0), (["SUCCESS", "HOLD"], 0), (["SUCCESS", "PARTIAL"], 1), (["ABSTAIN"], 1),
            (["FAILED", "BLOCKED"], 3),
            (["BLOCKED", "SUCCESS"], 3), (["REJECTED"], 1),
        ] as [([String], Int32)]
    )
    func exitStatus(_ statuses: [String], _ code: Int32) {
        #expect(ExitStatus.worst(statuses.map(ExitStatus.init(itemStatus:))).rawValue == code)
    }

    @Test("Writing to a pipe whose reader has gone ends quietly")
    func closedPipe() throws {
        Console.surviveClosedPipes()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        // A child of another test would keep the reading end open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let stream = Console.Stream(descriptor: ends[1])
        let console = Console(output: stream, errors: stream, isQuiet: false, environment: [:])
        console.print("seen")
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(read(ends[0], &buffer, 16) == 5)
        close(ends[0])
        console.print("not seen")
        #expect(stream.readerIsGone)
        console.print("nor this")
        close(ends[1])
    }

    @Test("Progress off a terminal is plain lines for what starts and ends; quiet says nothing but failures")
    func progress() throws {
        let path = StepPath("each").item("KO")
        let ended = RunResult(status: .blocked, message: "the limit is 10 %")
        let written = try captured { stream in
            let console = Console(output: stream, errors: stream, isQuiet: false, environment: [:])
            let quiet = Console(output: stream, errors: stream, isQuiet: true, environment: [:])
            for display in [console, quiet].map({ ProgressDisplay($0, speed: nil, environment: [:]) }) {
                display.take(.event(.itemStarted(path, key: "KO")))
                display.take(.clock(Timestamp(nanoseconds: 0)))
                display.take(.event(.itemFinished(path, key: "KO", ended)))
                display.end()
            }
            quiet.note("hidden")
            quiet.fail("shown")
        }
        #expect(written == "KO: started\nKO: BLOCKED, the limit is 10 %\nerror: shown\n")
    }

    @Test("A narrow terminal leaves out whole columns, the most expendable first, and says which")
    func narrowed() {
        var table = Table([
            .text("Ticker"), .number("Price").expendable(1), .number("Time").expendable(2), .prose("Message"),
        ])
        table.add(["AAPL", "12.50", "4 min", "filled as expected"])
        #expect(table.narrowed(to: 80).without == [])
        #expect(table.narrowed(to: 25).without == ["Time"])
        let (narrow, without) = table.narrowed(to: 18)
        #expect(without == ["Time", "Price"])
        #expect(narrow.rendered(width: 18) == "Ticker  Message\nAAPL    filled as…")
    }

    @Test("Sentences break at spaces")
    func wrapped() {
        #expect("one two three".wrapped(toWidth: 7) == ["one two", "three"])
        #expect("unbreakable".wrapped(toWidth: 4) == ["unbreakable"])
        #expect("".wrapped(toWidth: 4) == [""])
    }

    private func captured(_ body: (Console.Stream) -> Void) throws -> String {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        body(Console.Stream(descriptor: ends[1]))
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(ends[0], &bytes, bytes.count)
        close(ends[0])
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}
