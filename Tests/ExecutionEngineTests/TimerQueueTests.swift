import Testing
import TradingDomain

@testable import ExecutionEngine

@Suite("Who wants to be called when")
struct TimerQueueTests {
    @Test("After any changes the queue is the table of the latest wishes", arguments: UInt64(0)..<40)
    func model(seed: UInt64) {
        var random = Seeded(state: seed)
        var queue = TimerQueue<Int>()
        var wishes: [Int: Timestamp] = [:]
        for step in 0..<400 {
            let key = Int.random(in: 0..<30, using: &random)
            // Few different times, so that many keys share one.
            let time = Sample.at(Int.random(in: 0..<20, using: &random))
            let wish = Int.random(in: 0..<4, using: &random) == 0 ? nil : time
            queue[key] = wish
            wishes[key] = wish
            #expect(queue.next == wishes.values.min(), "seed \(seed), step \(step)")
            #expect(queue[key] == wish)
            let now = Sample.at(Int.random(in: -1..<21, using: &random))
            let due = wishes.filter { $0.value <= now }.keys.sorted()
            #expect(queue.due(at: now) == due, "seed \(seed), step \(step)")
        }
    }

    @Test("A queue that is emptied earliest first gives its times in order", arguments: UInt64(0)..<10)
    func drain(seed: UInt64) {
        var random = Seeded(state: seed)
        var queue = TimerQueue<Int>()
        for key in 0..<200 { queue[key] = Sample.at(Int.random(in: 0..<1000, using: &random)) }
        var times: [Timestamp] = []
        while let next = queue.next {
            times.append(next)
            if let key = queue.due(at: next).first { queue[key] = nil }
        }
        #expect(times.count == 200 && times == times.sorted())
    }
}
