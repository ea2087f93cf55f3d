internal import TradingDomain

/// Why the venue does not do what it was asked to: a status, a code and a text of the dialect.
struct Refusal: Error, Hashable, Sendable {
    let status: Int
    let code: Int
    let message: String
    /// Seconds after which asking again makes sense.
    var retryAfter: Int64?

    init(_ code: Int, _ message: String, status: Int = 400, retryAfter: Int64? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    var value: WireValue { .object(["code": .number(code), "msg": .text(message)]) }
}

/// Requests.
extension Refusal {
    static func tooMuchWeight(_ address: String, _ limit: Int, retryAfter: Int64) -> Refusal {
        Refusal(
            -1003,
            "Too many requests; current limit of IP(\(address)) is \(limit) requests per minute. "
                + "Please use the websocket for live updates to avoid polling the API.",
            status: 429,
            retryAfter: retryAfter
        )
    }

    static func banned(_ address: String, until: Int64, retryAfter: Int64) -> Refusal {
        Refusal(
            -1003,
            "Way too many requests; IP(\(address)) banned until \(until). "
                + "Please use the websocket for live updates to avoid bans.",
            status: 418,
            retryAfter: retryAfter
        )
    }

    static func tooManyOrders(_ limit: Int, per words: String, retryAfter: Int64) -> Refusal {
        Refusal(
            -1015,
            "Too many new orders; current limit is \(limit) orders per \(words).",
            status: 429,
            retryAfter: retryAfter
        )
    }

    static func late(by milliseconds: Int64) -> Refusal {
        milliseconds > 0
            ? Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
            : Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    }

    static let lateInside = Refusal(-5028, "Timestamp for this request is outside of the ME recvWindow.")
    static let wrongSignature = Refusal(-1022, "Signature for this request is not valid.")
    static let timesReversed = Refusal(-1023, "Start time is greater than end time.")
    static let repeated = Refusal(-1101, "Duplicate values for a parameter detected.")
    static func illegal(_ name: String, _ range: String) -> Refusal {
        Refusal(-1100, "Illegal characters found in parameter '\(name)'; legal range is '\(range)'.")
    }
    static func missing(_ name: String) -> Refusal {
        Refusal(-1102, "Mandatory parameter '\(name)' was not sent, was empty/null, or malformed.")
    }
    static func missing(_ name: String, or other: String) -> Refusal {
        Refusal(-1102, "Param '\(name)' or '\(other)' must be sent, but both were empty/null!")
    }
    static func empty(_ name: String) -> Refusal { Refusal(-1105, "Parameter '\(name)' was empty.") }
    static func notRequired(_ name: String) -> Refusal {
        Refusal(-1106, "Parameter '\(name)' sent when not required.")
    }
    static let precision = Refusal(-1111, "Precision is over the maximum defined for this asset.")
    static let emptyBook = Refusal(-1112, "No orders on book for symbol.")
    static let timeInForce = Refusal(-1115, "Invalid timeInForce.")
    static let orderType = Refusal(-1116, "Invalid orderType.")
    static let side = Refusal(-1117, "Invalid side.")
    static let emptyClientID = Refusal(-1118, "New client order ID was empty.")
    static let emptyOriginalID = Refusal(-1119, "Original client order ID was empty.")
    static let interval = Refusal(-1120, "Invalid interval.")
    static let symbol = Refusal(-1121, "Invalid symbol.")
    static let listenKey = Refusal(
        -1125,
        "This listenKey does not exist. Please use `POST /fapi/v1/listenKey` to recreate `listenKey`"
    )
    static let tooFarApart = Refusal(-1127, "More than 1 hours between startTime and endTime.")
    static let combination = Refusal(-1128, "Combination of optional parameters invalid.")
    static func invalid(_ name: String) -> Refusal {
        Refusal(-1130, "Data sent for parameter '\(name)' is not valid.")
    }
    static let responseType = Refusal(-1136, "Invalid newOrderRespType.")
    static let keyFormat = Refusal(-2014, "API-key format invalid.", status: 401)
    static let key = Refusal(-2015, "Invalid API-key, IP, or permissions for action.", status: 401)
    static func path(_ path: String, _ method: String) -> Refusal {
        Refusal(-5000, "Path \(path), Method \(method) is invalid", status: 404)
    }
    static let depthLimit = Refusal(-4021, "'limit' is not valid depth limit.")
    static func timeSpan(days: Int) -> Refusal { Refusal(-4165, "Maximum time interval is \(days) days") }
}

/// Orders.
extension Refusal {
    static let unknownOrder = Refusal(-2011, "Unknown order sent.")
    static let noSuchOrder = Refusal(-2013, "Order does not exist.")
    static let margin = Refusal(-2019, "Margin is insufficient.")
    static let wouldTrigger = Refusal(-2021, "Order would immediately trigger.")
    static let reduceOnly = Refusal(-2022, "ReduceOnly Order is rejected.")
    static let openOrders = Refusal(-2025, "Reach max open order limit.")
    static let position = Refusal(-2027, "Exceeded the maximum allowable position at current leverage.")
    static let priceNegative = Refusal(-4001, "Price less than 0.")
    static let priceHigh = Refusal(-4002, "Price greater than max price.")
    static let quantityNotPositive = Refusal(-4003, "Quantity less than or equal to zero.")
    static let quantitySmall = Refusal(-4004, "Quantity less than min quantity.")
    static let quantityLarge = Refusal(-4005, "Quantity greater than max quantity.")
    static let stopNegative = Refusal(-4006, "Stop price less than zero.")
    static let stopHigh = Refusal(-4007, "Stop price greater than max price.")
    static let priceLow = Refusal(-4013, "Price less than min price.")
    static let tick = Refusal(-4014, "Price not increased by tick size.")
    static let clientID = Refusal(-4015, "Client order id is not valid.")
    static let clientIDLong = Refusal(-4015, "Client order id length should not be more than 36 chars")
    static func aboveCap(_ price: String) -> Refusal { Refusal(-4016, "Limit price can't be higher than \(price).") }
    static let step = Refusal(-4023, "Qty not increased by step size.")
    static func belowFloor(_ price: String) -> Refusal { Refusal(-4024, "Limit price can't be lower than \(price).") }
    static let workingType = Refusal(-4031, "Invalid parameter working type")
    static let tooManyCancels = Refusal(-4032, "Exceed maximum cancel order size.")
    static let stopOrders = Refusal(-4045, "Reach max stop order limit.")
    static let positionSide = Refusal(-4060, "Invalid position side.")
    static let otherSide = Refusal(-4061, "Order's position side does not match user's setting.")
    static let reduceOnlyValue = Refusal(-4062, "Invalid or improper reduceOnly value.")
    static let batchSize = Refusal(-4082, "Invalid number of batch place orders.")
    static let duplicate = Refusal(-4116, "clientOrderId is duplicated")
    static let conditional = Refusal(
        -4120,
        "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
    )
    static let counterparty = Refusal(
        -4131,
        "The counterparty's best price does not meet the PERCENT_PRICE filter limit"
    )
    static let activation = Refusal(-4135, "Invalid activation price")
    static let closeQuantity = Refusal(-4137, "Quantity must be zero with closePosition equals true")
    static let opening = Refusal(-4140, "Invalid symbol status for opening position")
    static let closed = Refusal(-4141, "Symbol is closed")
    static func notional(_ least: FixedDecimal) -> Refusal {
        Refusal(-4164, "Order's notional must be no smaller than \(least) (unless you choose reduce only)")
    }
    static let notTrading = Refusal(
        -5024,
        "Symbol is not in trading status. Order amendment is not permitted."
    )
    static let onlyLimit = Refusal(-5025, "Only limit order is supported.")
    static let tooManyChanges = Refusal(-5026, "Exceed maximum modify order limit.")
    static let sameAgain = Refusal(-5027, "No need to modify the order.")
    static func amendedNotional(_ least: FixedDecimal) -> Refusal {
        Refusal(-5029, "Order's notional must be no smaller than \(least)")
    }
    static let fillOrKill = Refusal(
        -5021,
        "Due to the order could not be filled immediately, the FOK order has been rejected. "
            + "The order will not be recorded in the order history"
    )
    static let postOnly = Refusal(
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
            + "The order will not be recorded in the order history"
    )
    static let priceMatch = Refusal(-5037, "Invalid price match")
    static let priceMatchType = Refusal(-5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT")
    static let prevention = Refusal(-5039, "Invalid self trade prevention mode")
    static let goodTill = Refusal(
        -5040,
        "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than "
            + "253402300799000"
    )
    static let noDepth = Refusal(-5041, "No depth matches this BBO order")
    static let notReduceOnly = Refusal(-5047, "The original order is not a reduce-only order")
}

/// Accounts.
extension Refusal {
    static func leverage(_ text: String) -> Refusal { Refusal(-4028, "Leverage `\(text)` is not valid") }
    static let leverageTooSmall = Refusal(
        -2028,
        "Leverage is smaller than permitted: insufficient margin balance."
    )
    static let marginTypeSame = Refusal(-4046, "No need to change margin type.")
    static let marginTypeOrders = Refusal(-4047, "Margin type cannot be changed if there exists open orders.")
    static let marginTypePosition = Refusal(-4048, "Margin type cannot be changed if there exists position.")
    static let onlyIsolated = Refusal(-4049, "Add margin only support for isolated position.")
    static let crossBalance = Refusal(-4050, "Cross balance insufficient.")
    static let isolatedBalance = Refusal(-4051, "Isolated balance insufficient.")
    static let noPosition = Refusal(-4054, "Cannot add position margin: position is 0.")
    static let amountPositive = Refusal(-4055, "Amount must be positive.")
    static let modeSame = Refusal(-4059, "No need to change position side.")
    static let modeOrders = Refusal(-4067, "Position side cannot be changed if there exists open orders.")
    static let modePosition = Refusal(-4068, "Position side cannot be changed if there exists position.")
    static let isolatedLeverage = Refusal(
        -4161,
        "Leverage reduction is not supported in Isolated Margin Mode with open positions"
    )
    static let assetsIsolated = Refusal(
        -4168,
        "Unable to adjust to Multi-Assets mode with symbols under isolated-margin mode."
    )
    static let assetsSame = Refusal(-4171, "No need to change Multi-Assets mode.")
}
