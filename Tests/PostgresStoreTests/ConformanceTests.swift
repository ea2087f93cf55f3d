import Testing
import TradingTestKit

@testable import PostgresStore

@Suite("Conformance of journals and run stores")
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
}
