import Testing
import TradingTestKit

@testable import PostgresStore

@Suite("Conformance of journals, run stores and schedule stores")
struct ConformanceTests {
    @Test("PostgreSQL keeps the journal's promises", arguments: JournalConformance<StoreFixture>.cases)
    func journal(_ test: ConformanceCase<StoreFixture>) async throws {
        let fixture = try await StoreFixture("journal")
        try await test.run(fixture)
        try await fixture.close()
    }

    @Test("Memory keeps the journal's promises", arguments: JournalConformance<MemoryFixture>.cases)
    func memoryJournal(_ test: ConformanceCase<MemoryFixture>) async throws {
        try await test.run(MemoryFixture())
    }

    @Test("PostgreSQL keeps the run store's promises", arguments: RunStoreConformance<StoreFixture>.cases)
    func runStore(_ test: ConformanceCase<StoreFixture>) async throws {
        let fixture = try await StoreFixture("runs")
        try await test.run(fixture)
        try await fixture.close()
    }

    @Test("Memory keeps the run store's promises", arguments: RunStoreConformance<MemoryFixture>.cases)
    func memoryRunStore(_ test: ConformanceCase<MemoryFixture>) async throws {
        try await test.run(MemoryFixture())
    }

    @Test("PostgreSQL keeps the schedule store's promises", arguments: ScheduleStoreConformance<ScheduleFixture>.cases)
    func schedules(_ test: ConformanceCase<ScheduleFixture>) async throws {
        let fixture = try await StoreFixture("schedules")
        try await test.run(ScheduleFixture(fixture))
        try await fixture.close()
    }

    @Test("Memory keeps the schedule store's promises", arguments: ScheduleStoreConformance<MemorySchedules>.cases)
    func memorySchedules(_ test: ConformanceCase<MemorySchedules>) async throws {
        try await test.run(MemorySchedules())
    }

    @Test("PostgreSQL keeps the errand board's promises", arguments: ErrandBoardConformance<ErrandFixture>.cases)
    func errands(_ test: ConformanceCase<ErrandFixture>) async throws {
        let fixture = try await StoreFixture("errands")
        try await test.run(ErrandFixture(fixture))
        try await fixture.close()
    }

    @Test("Memory keeps the errand board's promises", arguments: ErrandBoardConformance<MemoryErrands>.cases)
    func memoryErrands(_ test: ConformanceCase<MemoryErrands>) async throws {
        try await test.run(MemoryErrands())
    }
}
