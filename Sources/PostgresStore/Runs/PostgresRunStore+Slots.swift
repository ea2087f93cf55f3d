public import Orchestration
import TradingDomain
public import Workflows

extension PostgresRunStore: SlotStore {
    public func take(
        _ pool: String,
        slots: Int,
        for step: StepPath,
        of claim: RunClaim
    ) async throws -> PoolSlot? {
        let values: [PostgresValue] = [
            .text(pool), .int64(Int64(slots)), .text(claim.run.text), .int64(claim.epoch), .text("\(step)"),
        ]
        return try await fenced(claim) { connection in
            if let place = try Self.place(values, on: connection) {
                return PoolSlot(pool: pool, place: place, step: step, claim: claim)
            }
            // All are held, or the pool is new or has grown.
            let made = try connection.run(file: "make_slots", Array(values.prefix(2)))
            guard made.affectedRows > 0, let place = try Self.place(values, on: connection) else { return nil }
            return PoolSlot(pool: pool, place: place, step: step, claim: claim)
        }
    }

    public func free(_ slot: PoolSlot) async throws {
        try await durably { connection in
            _ = try connection.run(
                file: "free_slot",
                [
                    .text(slot.pool), .text(slot.claim.run.text), .int64(slot.claim.epoch), .text("\(slot.step)"),
                ]
            )
        }
    }

    public func turn(of pool: String, perSecond: Int) async throws -> Duration {
        try await durably { connection in
            let seconds = try connection.run(file: "take_turn", [.text(pool), .int64(Int64(perSecond))]).single()
            return .seconds(try seconds.double("seconds"))
        }
    }

    private static func place(_ values: [PostgresValue], on connection: isolated PostgresConnection) throws -> Int? {
        let row = try connection.run(file: "take_slot", values).single()
        return try row.isNull("place") ? nil : Int(try row.int64("place"))
    }
}
