import Foundation
import PaperTrading
import PostgresStore
import TradingDomain

/// The simulated venue's port on the database.
struct StoredVenue: VenueStore {
    let store: PostgresVenueStore

    func load(_ account: AccountID) async throws -> [VenueOrder] {
        try await store.load(account).map { try JSONDecoder().decode(VenueOrder.self, from: Data($0.utf8)) }
    }

    func save(_ orders: [VenueOrder]) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try await store.save(
            try orders.map { order in
                StoredVenueOrder(
                    id: order.order.id,
                    account: order.order.account,
                    symbol: order.order.instrument.symbol,
                    state: order.state.rawValue,
                    executed: order.executed,
                    arrivedAt: order.arrivedAt,
                    document: String(decoding: try encoder.encode(order), as: UTF8.self)
                )
            }
        )
    }
}
