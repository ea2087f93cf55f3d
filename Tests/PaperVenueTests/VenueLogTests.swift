import Foundation
import TradingDomain
import Testing

@testable import PaperVenue

@Suite("The venue's memory")
struct VenueLogTests {
    private let folder = NSTemporaryDirectory() + "venue-log-\(UUID().uuidString.prefix(8))"
    private var path: String { folder + "/venue.log" }
    private let now = Timestamp(nanoseconds: 1_795_219_200_000_000_000)

    private func income(_ id: Int64, _ amount: Int) -> ExchangeRecord {
        .income(
            VenueIncome(
                id: id,
                account: "test",
                symbol: nil,
                type: "TRANSFER",
                amount: FixedDecimal(amount),
                asset: "USDT",
                info: "",
                time: 1,
                trade: nil
            )
        )
    }

    private func write(_ groups: [[ExchangeRecord]]) throws {
        let (log, _) = try VenueLog.open(folder: folder)
        for group in groups { try log.append(group, at: now) }
        try log.sync()
        log.close()
    }

    private func read() throws -> VenueLog.Contents {
        let (log, contents) = try VenueLog.open(folder: folder)
        log.close()
        return contents
    }

    private func append(_ text: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    @Test("What was written is read again, and what later records replace is left out")
    func remembering() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try read().records == [])
        try write([[income(1, 10), income(2, 20)], [income(1, 30)]])
        let contents = try read()
        #expect(contents.records == [income(2, 20), income(1, 30)])
        #expect(contents.last == now)
        #expect(contents.torn == 0)
        // Compacting again changes nothing.
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        #expect(try read().records == contents.records)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == size)
    }

    @Test("A torn last line is cut off wherever it is torn", arguments: [1, 10, 17, 30, 60])
    func torn(_ kept: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write([[income(1, 10)]])
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        try append(String(whole.prefix(kept)))
        let contents = try read()
        #expect(contents.records == [income(1, 10)])
        #expect(contents.torn == kept)
        try write([[income(2, 20)]])
        #expect(try read().records == [income(1, 10), income(2, 20)])
    }

    @Test("Damage before the last line is refused with its line")
    func damaged() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write([[income(1, 10)], [income(2, 20)], [income(3, 30)]])
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // Compaction joined nothing yet: the three lines stand as they were appended.
        let lines = text.split(separator: "\n").map(String.init)
        try #require(lines.count == 3)
        let broken =
            [lines[0], lines[1].replacingOccurrences(of: "20", with: "21"), lines[2]].joined(separator: "\n") + "\n"
        try broken.write(toFile: path, atomically: true, encoding: .utf8)
        let failure = #expect(throws: VenueFailure.self) { try read() }
        #expect(failure?.code == "damaged_log")
        #expect("\(try #require(failure))".contains("line 2"))
    }

    @Test("Two venues never share a folder")
    func exclusive() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (log, _) = try VenueLog.open(folder: folder)
        #expect(throws: VenueFailure.stateInUse(folder: folder)) { try VenueLog.open(folder: folder) }
        log.close()
        #expect(try read().records == [])
    }

    @Test("Nothing leaves before what it rests on is on the disk, and everything in order")
    func outbox() {
        var outbox = Outbox()
        var left: [Int] = []
        func put(_ number: Int) { outbox.put { left.append(number) }?() }
        put(1)
        #expect(left == [1])
        outbox.wrote()
        put(2)
        outbox.wrote()
        put(3)
        #expect(left == [1])
        for act in outbox.becameDurable(1) { act() }
        #expect(left == [1, 2])
        #expect(outbox.isDirty)
        for act in outbox.becameDurable(2) { act() }
        put(4)
        #expect(left == [1, 2, 3, 4])
    }
}
