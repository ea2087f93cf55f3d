import ExecutionEngine
import Orchestration
import Testing
import TradingDomain
import Workflows

@testable import smartexec

@Suite("Progress: state in, lines out")
struct ProgressTests {
    private let view = ProgressView(width: 80, height: 24, speed: 60, isUnicode: false, hint: "hint", style: .plain)
    private let start = Timestamp(nanoseconds: 1_772_548_260 * 1_000_000_000)  // 2026-03-03T14:31:00Z

    private func order(
        _ ticker: String,
        _ filled: Int,
        of quantity: Int,
        state: ParentState = .working
    ) throws -> ParentProgress {
        let scale = Int64(100_000_000)
        return ParentProgress(
            id: ParentOrderID(unchecked: ticker.lowercased()),
            symbol: try #require(Symbol(ticker)),
            side: .buy,
            state: state,
            algorithm: AlgorithmName(unchecked: "TWAP"),
            filled: Quantity(units: Int64(filled) * scale),
            quantity: Quantity(units: Int64(quantity) * scale),
            start: start,
            end: start + .seconds(300)
        )
    }

    private func item(_ key: String) -> StepPath { StepPath("each").item(key) }

    /// A watchlist of which the first tickers are being worked.
    private func state(_ tickers: [String], working: Int) throws -> RunProgress {
        var state = RunProgress()
        _ = state.apply(.started(RunID(unchecked: "r")))
        _ = state.apply(.event(.foreachStarted(StepPath("each"), items: tickers.count)))
        for (index, ticker) in tickers.enumerated() {
            _ = state.apply(.event(.itemStarted(item(ticker), key: ticker)))
            guard index < working else { continue }
            let path = item(ticker).appending("process").appending("work").item("\(ticker)-BUY").appending("send")
            _ = state.apply(.parent(try order(ticker, 20, of: 100), at: path))
        }
        _ = state.apply(.clock(start + .seconds(120)))
        return state
    }

    @Test("One line per item with bar, percent, quantities, end and wall time left; a summary below")
    func lines() throws {
        let lines = view.lines(try state(["NVDA", "KO"], working: 1), elapsed: .seconds(2))
        #expect(lines[0] == "NVDA  TWAP            ###.............  20 %  20/100  until 14:36:00Z, 3 s left")
        #expect(lines[1] == "KO    deciding")
        #expect(lines[2] == "0 of 2 done, 2 in flight, market 14:33:00Z, 2 s, hint")
    }

    @Test(
        "Fits every terminal: never wider, never higher, and what is hidden is counted",
        arguments: [(80, 24), (120, 40), (40, 10), (20, 5), (10, 3)]
    )
    func fits(width: Int, height: Int) throws {
        let many = try state((1...50).map { "T\($0)" }, working: 50)
        var small = view
        (small.width, small.height) = (width, height)
        let question = ["2 orders are being worked: NVDA 3/5, KO 40/98. The run goes on.", "[d]etach, [c]ancel"]
        for asked in [[], question] {
            let lines = small.lines(many, elapsed: .seconds(61), question: asked)
            #expect(lines.count <= height - 1)
            #expect(lines.allSatisfy { $0.displayWidth <= width - 1 })
        }
        if width == 80 {
            let lines = small.lines(many, elapsed: .seconds(61))
            #expect(lines.count == 23)
            #expect(lines[21] == "... 29 more")
        }
    }

    @Test("The question stays in full where progress has to give way")
    func question() throws {
        var small = view
        small.height = 6
        let lines = small.lines(
            try state(["A", "B", "C", "D", "E", "F"], working: 6),
            elapsed: .zero,
            question: ["one", "two"]
        )
        #expect(lines.suffix(2) == ["one", "two"])
        #expect(lines.count == 5)
    }

    @Test("Only outermost items are lines, and they leave when they end")
    func items() throws {
        var state = try state(["NVDA", "KO"], working: 2)
        #expect(state.items.map(\.name) == ["NVDA", "KO"])
        #expect(state.total == 2)
        #expect(state.openOrders.count == 2)
        let inner = item("NVDA").appending("process").appending("work")
        #expect(state.apply(.event(.foreachStarted(inner, items: 1))) == [])
        #expect(state.apply(.event(.itemStarted(inner.item("NVDA-BUY"), key: "NVDA-BUY"))) == [])
        let ended = RunResult(status: .success, message: "")
        let changes = state.apply(.event(.itemFinished(item("NVDA"), key: "NVDA", ended)))
        guard case .finished(let gone, ended)? = changes.first else {
            Issue.record("\(changes)")
            return
        }
        #expect(gone.name == "NVDA")
        #expect((state.finished, state.total, state.items.count) == (1, 2, 1))
    }

    @Test("An order outside any item is a line of its own")
    func loose() throws {
        var state = RunProgress()
        let path = StepPath("send")
        #expect(state.apply(.parent(try order("KO", 0, of: 10), at: path)).count == 2)
        #expect(state.items.map(\.name) == ["KO"])
        let changes = state.apply(.parent(try order("KO", 10, of: 10, state: .filled), at: path))
        #expect(changes.count == 1)
        #expect(state.items.isEmpty)
        #expect(state.apply(.parent(try order("KO", 10, of: 10, state: .filled), at: path)).isEmpty)
    }

    @Test("Rows that lines take after the terminal became narrower")
    func rows() {
        #expect(ProgressView.rows(of: ["12345", "", "1234567"], width: 80) == 3)
        #expect(ProgressView.rows(of: ["12345", "", "1234567"], width: 4) == 5)
    }
}

@Suite("Ctrl-C: what it means, and what is answered")
struct InterruptTests {
    private typealias Situation = InterruptDialogue.Situation
    private typealias Event = InterruptDialogue.Event
    private typealias Action = InterruptDialogue.Action

    struct Case: Sendable, CustomTestStringConvertible {
        let situation: InterruptDialogue.Situation
        let events: [InterruptDialogue.Event]
        let actions: [InterruptDialogue.Action]
        var testDescription: String { "\(situation) \(events)" }
    }

    private static func key(_ letter: Character) -> InterruptDialogue.Event { .key(letter.asciiValue ?? 0) }

    @Test(
        "Nothing is ever silently abandoned",
        arguments: [
            Case(situation: .attended, events: [.interrupt], actions: [.ask]),
            Case(situation: .attended, events: [.interrupt, .interrupt], actions: [.ask, .detach]),
            Case(situation: .attended, events: [.interrupt, key("d")], actions: [.ask, .detach]),
            Case(situation: .attended, events: [.interrupt, key("C")], actions: [.ask, .cancel]),
            Case(situation: .attended, events: [.interrupt, key("\n")], actions: [.ask, .dismiss]),
            Case(
                situation: .attended,
                events: [.interrupt, key("x"), key("r"), .interrupt, .interrupt, .interrupt],
                actions: [.ask, .nothing, .dismiss, .ask, .detach, .remind]
            ),
            Case(
                situation: .attended,
                events: [.interrupt, key("c"), .interrupt, key("c"), .interrupt, .interrupt],
                actions: [.ask, .cancel, .ask, .dismiss, .ask, .detach]
            ),
            Case(situation: .attended, events: [key("d"), key("c")], actions: [.nothing, .nothing]),
            Case(situation: .attended, events: [.terminate, .terminate], actions: [.detach, .nothing]),
            Case(situation: .attended, events: [.interrupt, .terminate], actions: [.ask, .detach]),
            Case(situation: .unattended, events: [.interrupt, .interrupt], actions: [.detach, .remind]),
            Case(situation: .unattended, events: [.terminate], actions: [.detach]),
            Case(situation: .virtual, events: [.interrupt, .interrupt], actions: [.stop, .remind]),
            Case(situation: .virtual, events: [.terminate], actions: [.stop]),
            Case(situation: .background, events: [.terminate, .interrupt], actions: [.stop, .remind]),
        ]
    )
    func dialogue(_ example: Case) {
        var dialogue = InterruptDialogue(example.situation)
        #expect(example.events.map { dialogue.handle($0) } == example.actions)
    }
}
