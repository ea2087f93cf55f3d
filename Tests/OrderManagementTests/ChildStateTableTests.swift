import OrderManagement
import Testing
import TradingDomain

@Suite("The table of a child order's states")
struct ChildStateTableTests {
    /// Every trigger of a life to which nothing is outstanding: `>` the life after it, or `!` why it is refused.
    private static let rows: [(lives: [ChildLife], cells: String)] = [
        (
            [.planned, .sent],
            """
            acknowledged>acknowledged acknowledged_trading>partially_filled filled_in_part>partially_filled
            filled_in_whole>filled filled_beyond>filled rejected>rejected not_placed>not_placed cancelled>cancelled
            expired>expired ended_whole>filled unknown>unknown cancel_requested>= cancel_refused!not_pending
            replace_requested!not_working replace_refused!not_pending replaced>replaced took_over>acknowledged
            resolved_nothing!not_unknown resolved_part!not_unknown resolved_whole!not_unknown repeated!repeated
            contradicted!contradicted
            """
        ),
        (
            [.acknowledged],
            """
            acknowledged!repeated acknowledged_trading!repeated filled_in_part>partially_filled filled_in_whole>filled
            filled_beyond>filled rejected>rejected not_placed!contradicted cancelled>cancelled expired>expired
            ended_whole>filled unknown>unknown cancel_requested>= cancel_refused!not_pending replace_requested>=
            replace_refused!not_pending replaced>replaced took_over>acknowledged resolved_nothing!not_unknown
            resolved_part!not_unknown resolved_whole!not_unknown repeated!repeated contradicted!contradicted
            """
        ),
        (
            [.partiallyFilled],
            """
            acknowledged!repeated acknowledged_trading!repeated filled_in_part>partially_filled filled_in_whole>filled
            filled_beyond>filled rejected!contradicted not_placed!contradicted cancelled>cancelled expired>expired
            ended_whole>filled unknown>unknown cancel_requested>= cancel_refused!not_pending replace_requested>=
            replace_refused!not_pending replaced>replaced took_over>partially_filled resolved_nothing!not_unknown
            resolved_part!not_unknown resolved_whole!not_unknown repeated!repeated contradicted!contradicted
            """
        ),
        (
            [.unknown],
            """
            acknowledged>acknowledged acknowledged_trading>partially_filled filled_in_part>partially_filled
            filled_in_whole>filled filled_beyond>filled rejected>rejected not_placed>not_placed cancelled>cancelled
            expired>expired ended_whole>filled unknown!repeated cancel_requested>= cancel_refused!not_pending
            replace_requested!not_working replace_refused!not_pending replaced>replaced took_over>acknowledged
            resolved_nothing>not_placed resolved_part>cancelled resolved_whole>filled repeated!repeated
            contradicted!contradicted
            """
        ),
        // What has ended takes late fills, hears late what came before it, and nothing else.
        (
            [.filled, .cancelled, .expired, .replaced],
            """
            acknowledged!ended acknowledged_trading!ended filled_in_part>= filled_in_whole>= filled_beyond>=
            rejected!ended not_placed!ended cancelled!ended expired!ended ended_whole!ended unknown!ended
            cancel_requested!ended cancel_refused!ended replace_requested!ended replace_refused!ended replaced!ended
            took_over>= resolved_nothing!ended resolved_part!ended resolved_whole!ended repeated!repeated
            contradicted!contradicted
            """
        ),
        (
            [.rejected, .notPlaced],
            """
            acknowledged!ended acknowledged_trading!ended filled_in_part>= filled_in_whole>= filled_beyond>=
            rejected!ended not_placed!ended cancelled!ended expired!ended ended_whole!ended unknown!ended
            cancel_requested!ended cancel_refused!ended replace_requested!ended replace_refused!ended replaced!ended
            took_over!contradicted resolved_nothing!ended resolved_part!ended resolved_whole!ended repeated!repeated
            contradicted!contradicted
            """
        ),
    ]

    @Test("Every life with every trigger, nothing being outstanding", arguments: ChildLife.allCases)
    func everyPair(life: ChildLife) throws {
        let row = try #require(Self.rows.first { $0.lives.contains(life) })
        var expected: [String: Substring] = [:]
        for cell in row.cells.split(whereSeparator: \.isWhitespace) {
            let name = cell.prefix { $0 != ">" && $0 != "!" }
            expected[String(name)] = cell.dropFirst(name.count)
        }
        #expect(expected.count == ChildTrigger.allCases.count)
        for trigger in ChildTrigger.allCases {
            let cell = try #require(expected[trigger.rawValue], "\(trigger)")
            switch ChildStateTable.transition(life, .none, trigger) {
            case .refused(let refusal): #expect(cell == "!\(refusal.rawValue)", "\(life) takes \(trigger)")
            case .to(let next, let outstanding):
                #expect(
                    cell == (next == life && cell != ">\(next.rawValue)" ? ">=" : ">\(next.rawValue)"),
                    "\(life) \(trigger)"
                )
                let asks: [ChildTrigger: OutstandingRequest] = [
                    .cancelRequested: .cancelPending, .replaceRequested: .replacePending,
                ]
                #expect(outstanding == asks[trigger] ?? .none, "\(life) \(trigger)")
            }
        }
    }

    @Test(
        "What is outstanding stays until it is answered or the order ends, and only one thing is asked at a time",
        arguments: ChildLife.allCases.filter { !$0.isFinal }
    )
    func outstanding(life: ChildLife) {
        for pending in [OutstandingRequest.cancelPending, .replacePending] {
            for trigger in ChildTrigger.allCases {
                let found = ChildStateTable.transition(life, pending, trigger)
                switch trigger {
                case .cancelRequested:
                    #expect(found == .refused(.pending))
                case .replaceRequested:
                    let isWorking = life == .acknowledged || life == .partiallyFilled
                    #expect(found == .refused(isWorking ? .pending : .notWorking))
                case .cancelRefused, .replaceRefused:
                    let answers = (trigger == .cancelRefused) == (pending == .cancelPending)
                    #expect(found == (answers ? .to(life, .none) : .refused(.notPending)))
                default:
                    // Everything else does as without a request, which it leaves outstanding unless the order ends.
                    switch ChildStateTable.transition(life, .none, trigger) {
                    case .refused(let refusal): #expect(found == .refused(refusal))
                    case .to(let next, _): #expect(found == .to(next, next.isFinal ? .none : pending))
                    }
                }
            }
        }
    }

    /// States that any sequence of triggers leads to.
    static func reachable() -> [(ChildLife, OutstandingRequest)] {
        var found: [(ChildLife, OutstandingRequest)] = [(.planned, .none)]
        var index = 0
        while index < found.count {
            let (life, outstanding) = found[index]
            index += 1
            for trigger in ChildTrigger.allCases {
                guard case .to(let next, let asked) = ChildStateTable.transition(life, outstanding, trigger),
                    !found.contains(where: { $0 == (next, asked) })
                else { continue }
                found.append((next, asked))
            }
        }
        return found.sorted { left, right in
            let lives = ChildLife.allCases
            let requests: [OutstandingRequest] = [.none, .cancelPending, .replacePending]
            let places = [left, right].map { state in
                (lives.firstIndex(of: state.0) ?? 0) * 3 + (requests.firstIndex(of: state.1) ?? 0)
            }
            return places[0] < places[1]
        }
    }

    @Test("An order that has ended has nothing outstanding and never lives again")
    func ends() {
        for (life, outstanding) in Self.reachable() where life.isFinal {
            #expect(outstanding == .none)
            for trigger in ChildTrigger.allCases {
                if case .to(let next, let asked) = ChildStateTable.transition(life, outstanding, trigger) {
                    #expect(next == life && asked == .none)
                }
            }
        }
    }

    @Test("Unknown is left only by what the venue says, or by an operator")
    func unknown() {
        let evidence: Set<ChildTrigger> = [
            .acknowledged, .acknowledgedTrading, .filledInPart, .filledInWhole, .filledBeyond, .rejected, .notPlaced,
            .cancelled, .expired, .endedWhole, .replaced, .tookOver, .resolvedNothing, .resolvedPart, .resolvedWhole,
        ]
        for outstanding in [OutstandingRequest.none, .cancelPending, .replacePending] {
            for trigger in ChildTrigger.allCases {
                guard case .to(let next, _) = ChildStateTable.transition(.unknown, outstanding, trigger) else {
                    continue
                }
                #expect(next == .unknown || evidence.contains(trigger), "\(trigger)")
            }
        }
    }
}
