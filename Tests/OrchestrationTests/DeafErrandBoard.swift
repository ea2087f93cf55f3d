import Synchronization
import TradingAgents
import TradingDomain
import TradingTestKit

/// A board that gives errands and does not say so, a number of times.
struct DeafErrandBoard: ErrandBoard {
    struct Cut: Error {}

    let board: MemoryErrandBoard
    let cuts: Countdown

    func hasHelpers(for account: AccountID) async throws -> Bool { try await board.hasHelpers(for: account) }
    func offer(_ errands: [AgentErrand]) async throws { try await board.offer(errands) }
    func recall(_ ids: [String]) async throws -> Set<String> { try await board.recall(ids) }
    func look(at ids: [String]) async throws -> [String: ErrandStanding] { try await board.look(at: ids) }
    func drop(_ ids: [String]) async throws { try await board.drop(ids) }

    func take(_ most: Int, of fingerprints: [String], except refused: [String]) async throws -> [TakenErrand] {
        let taken = try await board.take(most, of: fingerprints, except: refused)
        if !taken.isEmpty, cuts.take() { throw Cut() }
        return taken
    }

    func answer(_ taken: TakenErrand, _ answer: AgentAnswer) async throws -> Bool {
        try await board.answer(taken, answer)
    }

    func wanted(_ taken: [TakenErrand]) async throws -> Set<String> { try await board.wanted(taken) }
    func giveBack(_ taken: TakenErrand) async throws { try await board.giveBack(taken) }
    func leaveOthers(than taken: [TakenErrand]) async throws { try await board.leaveOthers(than: taken) }
}

/// A number that several count down.
final class Countdown: Sendable {
    private let number: Mutex<Int>

    init(_ number: Int) { self.number = Mutex(number) }

    var left: Int { number.withLock { $0 } }

    /// Takes one; `false` when none is left.
    func take() -> Bool {
        number.withLock { number in
            guard number > 0 else { return false }
            number -= 1
            return true
        }
    }
}
