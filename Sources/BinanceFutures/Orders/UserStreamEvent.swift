import Foundation
import TradingDomain

/// What the account's stream tells, decoded; kinds and keys that we do not know are left out.
enum UserStreamEvent: Hashable, Sendable {
    case order(OrderUpdate)
    case account(AccountUpdate)
    /// The stream says nothing more; it needs a new key.
    case listenKeyExpired
    /// Positions that are close to liquidation.
    case marginCall([Symbol])
    /// Leverage or the account's mode was changed by somebody.
    case configurationChanged
    /// Something that changes nothing for us, by its name.
    case ignored(String)

    /// An order that changed.
    struct OrderUpdate: Hashable, Sendable, Decodable {
        let symbol: Symbol
        let clientID: String
        let side: Side
        let quantity: Quantity
        let price: Price
        /// What happened, such as `TRADE`.
        let execution: String
        /// What the order is now, such as `FILLED`.
        let status: String
        let orderID: Int64
        let lastQuantity: Quantity
        let cumulative: Quantity
        let lastPrice: Price
        let commission: FixedDecimal?
        let commissionAsset: String?
        let time: Int64
        /// 0 where it is no trade.
        let tradeID: Int64

        private enum CodingKeys: String, CodingKey {
            case symbol = "s"
            case clientID = "c"
            case side = "S"
            case quantity = "q"
            case price = "p"
            case execution = "x"
            case status = "X"
            case orderID = "i"
            case lastQuantity = "l"
            case cumulative = "z"
            case lastPrice = "L"
            case commission = "n"
            case commissionAsset = "N"
            case time = "T"
            case tradeID = "t"
        }

        var id: ClientOrderID { ClientOrderID(unchecked: clientID) }
        var brokerID: BrokerOrderID { BrokerOrderID(unchecked: String(orderID)) }
        var at: Timestamp { Timestamp(milliseconds: time) }
    }

    /// Balances and positions that changed; what is not listed stayed.
    struct AccountUpdate: Hashable, Sendable, Decodable {
        struct Balance: Hashable, Sendable, Decodable {
            let asset: String
            let wallet: FixedDecimal
            /// The change that was neither profit nor commission.
            let change: FixedDecimal

            private enum CodingKeys: String, CodingKey {
                case asset = "a"
                case wallet = "wb"
                case change = "bc"
            }
        }

        struct Holding: Hashable, Sendable, Decodable {
            let symbol: Symbol
            let amount: Quantity

            private enum CodingKeys: String, CodingKey {
                case symbol = "s"
                case amount = "pa"
            }
        }

        /// Why, in the venue's words, such as `FUNDING_FEE`.
        let reason: String
        let balances: [Balance]
        let positions: [Holding]

        private enum CodingKeys: String, CodingKey {
            case reason = "m"
            case balances = "B"
            case positions = "P"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            reason = try container.decode(String.self, forKey: .reason)
            balances = try container.decodeIfPresent([Balance].self, forKey: .balances) ?? []
            positions = try container.decodeIfPresent([Holding].self, forKey: .positions) ?? []
        }
    }
}

extension UserStreamEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case kind = "e"
        case order = "o"
        case account = "a"
        case calls = "p"
        case data
    }

    private struct Call: Decodable {
        let symbol: Symbol

        private enum CodingKeys: String, CodingKey { case symbol = "s" }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // On a combined address the event is wrapped, with the stream's name beside it.
        if let wrapped = try container.decodeIfPresent(UserStreamEvent.self, forKey: .data) {
            self = wrapped
            return
        }
        // Answers to requests on the same connection have no kind.
        guard let kind = try container.decodeIfPresent(String.self, forKey: .kind) else {
            self = .ignored("")
            return
        }
        switch kind {
        case "ORDER_TRADE_UPDATE": self = .order(try container.decode(OrderUpdate.self, forKey: .order))
        case "ACCOUNT_UPDATE": self = .account(try container.decode(AccountUpdate.self, forKey: .account))
        case "listenKeyExpired": self = .listenKeyExpired
        case "MARGIN_CALL":
            self = .marginCall(try container.decode(LossyList<Call>.self, forKey: .calls).elements.map(\.symbol))
        case "ACCOUNT_CONFIG_UPDATE": self = .configurationChanged
        // A smaller copy of each trade comes as TRADE_LITE; counting it too would count the trade twice.
        default: self = .ignored(kind)
        }
    }

    /// Reads one message of the stream.
    ///
    /// - Throws: `DecodingError` for one that is not what the protocol says.
    init(parsing text: String) throws {
        self = try JSONDecoder().decode(UserStreamEvent.self, from: Data(text.utf8))
    }
}
