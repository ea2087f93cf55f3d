public import TradingAgents
public import TradingDomain

/// A board under test, with what happens around it.
public protocol ErrandBoardHarness: Sendable {
    /// The board of a living worker that helps; the same name is the same worker.
    func board(_ worker: String) async throws -> any ErrandBoard
    /// Gives a run, which is made unless it is there, to a worker under a higher epoch; returns that.
    func hold(_ run: RunID, by worker: String) async throws -> Int64
    /// Asks that a run end early.
    func cancel(_ run: RunID) async throws
    /// Ends a worker as a crash does, and lets the others notice.
    func bury(_ worker: String) async throws
}

/// What every ``ErrandBoard`` promises.
public enum ErrandBoardConformance<Harness: ErrandBoardHarness> {
    /// All cases, in order.
    public static var cases: [ConformanceCase<Harness>] {
        [
            ConformanceCase("Errands are taken once, the oldest first, and answered", exchange),
            ConformanceCase("Only what nobody has begun is taken back", recall),
            ConformanceCase(
                "A worker takes neither its own errands, nor those of other agents, nor what it gave back",
                choice
            ),
            ConformanceCase("A dead helper's errand is open again, and its late answer refused", deadHelper),
            ConformanceCase("Under a new holder the old one's errands count no more", deadHolder),
            ConformanceCase("Of a cancelled run nothing is begun, and nothing is wanted", cancellation),
            ConformanceCase("An errand that is dropped is not wanted and cannot be answered", dropping),
            ConformanceCase("What a worker does not know of is open again, and what it has stays its own", leaving),
            ConformanceCase("Of many who take at once each errand goes to one", race),
            ConformanceCase("A worker helps as long as it lives, and not itself", helpers),
        ]
    }

    private static var run: RunID { RunID(unchecked: "0198c0de-0000-7000-8000-000000000001") }

    private static func errand(
        _ number: Int,
        epoch: Int64,
        fingerprint: String = "f1",
        request: String = #"{"ticker":"NVDA", "b": 1.50}"#
    ) -> AgentErrand {
        AgentErrand(
            id: "errand-\(number)",
            origin: AgentErrand.Origin(
                run: run,
                epoch: epoch,
                account: AccountID(unchecked: "paper@generated-7"),
                path: "each[NVDA]/process/decide",
                fingerprint: fingerprint
            ),
            agent: AgentID(unchecked: "shell"),
            timeout: .seconds(20),
            request: Array(request.utf8)
        )
    }

    private static func leaving(_ harness: Harness) async throws {
        let (one, two) = (try await harness.board("one"), try await harness.board("two"))
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer([errand(1, epoch: epoch), errand(2, epoch: epoch)])
        let taken = try await two.take(5, of: ["f1"], except: [])
        try expect(taken.map(\.errand.id), equals: ["errand-1", "errand-2"], "what was taken")
        try await two.leaveOthers(than: [taken[0]])
        let standings = try await one.look(at: ["errand-1", "errand-2"])
        try expect(standings["errand-2"], equals: .open, "what it does not know of")
        guard case .taken? = standings["errand-1"] else {
            throw ConformanceFailure("in hand: found \(String(describing: standings["errand-1"]))")
        }
        try expect(try await two.answer(taken[0], answer), "what is in hand is its own")
        try expect(try await !two.answer(taken[1], answer), "what it left is somebody else's to answer")
        try expect(try await two.take(5, of: ["f1"], except: []).map(\.claim), equals: [2], "taken anew")
    }

    private static var answer: AgentAnswer {
        AgentAnswer(
            .replies([
                .document(Array(#"{"action":"HOLD"}"#.utf8), key: "k"), .abstain(.noView, symbols: [], "no \"view\""),
            ]),
            reply: [0, 0xFF, 10],
            errorTail: Array("lög".utf8),
            ending: "exit status 0",
            duration: .milliseconds(1500)
        )
    }

    private static func exchange(_ harness: Harness) async throws {
        let (one, two) = (try await harness.board("one"), try await harness.board("two"))
        let epoch = try await harness.hold(run, by: "one")
        let errands = (1...3).map { errand($0, epoch: epoch) }
        try await one.offer(errands)
        try await one.offer([errands[0]])
        let taken = try await two.take(2, of: ["f0", "f1"], except: [])
        try expect(taken.map(\.errand), equals: Array(errands.prefix(2)), "what was taken")
        let standings = try await one.look(at: ["errand-1", "errand-3", "none"])
        try expect(standings.count, equals: 2, "what is there")
        try expect(standings["errand-3"], equals: .open, "what nobody has begun")
        guard case .taken(let time)? = standings["errand-1"] else {
            throw ConformanceFailure("taken: found \(String(describing: standings["errand-1"]))")
        }
        try expect(time >= .zero, "since when it is asked: \(time)")
        try expect(try await two.answer(taken[0], answer), "an answer is wanted")
        try expect(try await two.answer(taken[0], answer), "the same again, after a lost reply")
        let failure = AgentAnswer(.failed(AgentFailure(.timeout, "late")), ending: "ended at its deadline")
        try expect(try await two.answer(taken[1], failure), "a failure is an answer")
        let answers = try await one.look(at: ["errand-1", "errand-2"])
        guard case .answered(var first)? = answers["errand-1"], case .answered(let second)? = answers["errand-2"] else {
            throw ConformanceFailure("answered: found \(answers)")
        }
        try expect(first.askedBy != nil && first.askedBy == second.askedBy, "who asked")
        first.askedBy = nil
        try expect(first, equals: answer, "the answer as it was given")
        try expect(second.content, equals: failure.content, "the failure")
        try await one.drop(["errand-1", "errand-2"])
        try expect(try await one.look(at: ["errand-1", "errand-2"]).isEmpty, "what was dropped is gone")
    }

    private static func recall(_ harness: Harness) async throws {
        let (one, two) = (try await harness.board("one"), try await harness.board("two"))
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer((1...2).map { errand($0, epoch: epoch) })
        try expect(try await two.take(1, of: ["f1"], except: []).count, equals: 1, "taken")
        try expect(try await one.recall(["errand-1", "errand-2"]), equals: ["errand-2"], "taken back")
        try expect(try await one.recall(["errand-2"]), equals: [], "taken back again")
        try expect(try await two.take(9, of: ["f1"], except: []).isEmpty, "nothing is left")
    }

    private static func choice(_ harness: Harness) async throws {
        let (one, two) = (try await harness.board("one"), try await harness.board("two"))
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer([
            errand(1, epoch: epoch, fingerprint: "f2"), errand(2, epoch: epoch), errand(3, epoch: epoch),
        ])
        try expect(try await one.take(9, of: ["f1", "f2"], except: []).isEmpty, "its own")
        let taken = try await two.take(9, of: ["f1"], except: ["errand-3"])
        try expect(taken.map(\.errand.id), equals: ["errand-2"], "what fits")
        try await two.giveBack(taken[0])
        try expect(try await one.look(at: ["errand-2"])["errand-2"], equals: .open, "given back")
        try expect(try await two.answer(taken[0], answer), equals: false, "an answer to what was given back")
        let three = try await harness.board("three")
        let again = try await three.take(9, of: ["f1", "f2"], except: []).map(\.errand.id)
        try expect(again, equals: ["errand-1", "errand-2", "errand-3"], "others take it")
    }

    private static func deadHelper(_ harness: Harness) async throws {
        let one = try await harness.board("one")
        let (two, three) = (try await harness.board("two"), try await harness.board("three"))
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer([errand(1, epoch: epoch)])
        let first = try await two.take(1, of: ["f1"], except: [])
        try expect(first.count, equals: 1, "taken")
        try await harness.bury("two")
        try expect(try await one.look(at: ["errand-1"])["errand-1"], equals: .open, "open again")
        try expect(try await two.answer(first[0], answer), equals: false, "the dead one's answer while it is open")
        try expect(try await two.take(1, of: ["f1"], except: []).isEmpty, "the dead take nothing")
        let second = try await three.take(1, of: ["f1"], except: [])
        try expect(second.map(\.errand), equals: first.map(\.errand), "taken again")
        try expect(try await two.answer(first[0], answer), equals: false, "the dead one's answer")
        try expect(try await two.wanted(first), equals: [], "what the dead one has")
        try expect(try await three.wanted(second), equals: ["errand-1"], "what the living one has")
        try expect(try await three.answer(second[0], answer), "the living one's answer")
    }

    private static func deadHolder(_ harness: Harness) async throws {
        let (one, two) = (try await harness.board("one"), try await harness.board("two"))
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer((1...2).map { errand($0, epoch: epoch) })
        let taken = try await two.take(1, of: ["f1"], except: [])
        try await harness.bury("one")
        try expect(try await two.take(1, of: ["f1"], except: []).isEmpty, "while nobody holds the run")
        let three = try await harness.board("three")
        let next = try await harness.hold(run, by: "three")
        try expect(next > epoch, "a higher epoch")
        try expect(try await two.wanted(taken), equals: [], "what was taken of the old holder")
        try expect(try await two.answer(taken[0], answer), equals: false, "its answer")
        try await one.offer([errand(4, epoch: epoch)])
        try expect(try await two.take(9, of: ["f1"], except: []).isEmpty, "what the old holder offers")
        try await three.offer([errand(5, epoch: next)])
        try expect(
            try await two.take(9, of: ["f1"], except: []).map(\.errand.id),
            equals: ["errand-5"],
            "what the new one offers"
        )
    }

    private static func cancellation(_ harness: Harness) async throws {
        let (one, two) = (try await harness.board("one"), try await harness.board("two"))
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer((1...2).map { errand($0, epoch: epoch) })
        let taken = try await two.take(1, of: ["f1"], except: [])
        try expect(try await two.wanted(taken), equals: ["errand-1"], "before")
        try await harness.cancel(run)
        try expect(try await two.wanted(taken), equals: [], "what is asked")
        let standings = try await one.look(at: ["errand-1", "errand-2"])
        try expect(standings, equals: ["errand-1": .calledOff, "errand-2": .calledOff], "how they stand")
        try expect(try await two.take(1, of: ["f1"], except: []).isEmpty, "what is open")
    }

    private static func dropping(_ harness: Harness) async throws {
        let (one, two) = (try await harness.board("one"), try await harness.board("two"))
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer([errand(1, epoch: epoch)])
        let taken = try await two.take(1, of: ["f1"], except: [])
        try await one.drop(["errand-1"])
        try expect(try await two.wanted(taken), equals: [], "what was dropped")
        try expect(try await two.answer(taken[0], answer), equals: false, "its answer")
    }

    private static func race(_ harness: Harness) async throws {
        let one = try await harness.board("one")
        let epoch = try await harness.hold(run, by: "one")
        try await one.offer((10...49).map { errand($0, epoch: epoch) })
        let boards = [
            try await harness.board("two"), try await harness.board("three"), try await harness.board("four"),
        ]
        let taken = try await withThrowingTaskGroup(of: [String].self) { group in
            for board in boards {
                group.addTask {
                    var ids: [String] = []
                    while true {
                        let more = try await board.take(3, of: ["f1"], except: [])
                        ids += more.map(\.errand.id)
                        // Others may have held the rest for a moment.
                        if more.isEmpty,
                            try await one.look(at: (10...49).map { "errand-\($0)" }).values.allSatisfy({
                                if case .open = $0 { false } else { true }
                            })
                        {
                            return ids
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try expect(taken.sorted(), equals: (10...49).map { "errand-\($0)" }, "each once")
    }

    private static func helpers(_ harness: Harness) async throws {
        let one = try await harness.board("one")
        let account = AccountID(unchecked: "paper@generated-7")
        try expect(try await one.hasHelpers(for: account), equals: false, "alone")
        _ = try await harness.board("two")
        try expect(try await one.hasHelpers(for: account), "beside another")
        try await harness.bury("two")
        try expect(try await one.hasHelpers(for: account), equals: false, "once that has died")
    }
}
