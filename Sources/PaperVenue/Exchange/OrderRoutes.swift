internal import TradingDomain

/// Section 6 of the protocol.
extension VenueRoute {
    static let orderRoutes: [VenueRoute] = [
        command("POST /fapi/v1/order", 0, orders: (1, 1)) { exchange, call throws(Refusal) in
            try exchange.newOrder(call.parameters, call.account)
        },
        command("POST /fapi/v1/order/test", 0, orders: (1, 1)) { exchange, call throws(Refusal) in
            try exchange.testOrder(call.parameters, call.account)
        },
        command("PUT /fapi/v1/order", 0, orders: (1, 1)) { exchange, call throws(Refusal) in
            try exchange.modifyOrder(call.parameters, call.account)
        },
        command("DELETE /fapi/v1/order", 1) { exchange, call throws(Refusal) in
            try exchange.cancelOrder(call.parameters, call.account)
        },
        command("POST /fapi/v1/batchOrders", 5, orders: (5, 1)) { exchange, call throws(Refusal) in
            try exchange.batch(call.parameters, call.account) { exchange, parameters, account throws(Refusal) in
                try exchange.newOrder(parameters, account)
            }
        },
        command("PUT /fapi/v1/batchOrders", 5, orders: (5, 1)) { exchange, call throws(Refusal) in
            try exchange.batch(call.parameters, call.account) { exchange, parameters, account throws(Refusal) in
                try exchange.modifyOrder(parameters, account)
            }
        },
        command("DELETE /fapi/v1/batchOrders", 1) { exchange, call throws(Refusal) in
            try exchange.cancelBatch(call.parameters, call.account)
        },
        command("DELETE /fapi/v1/allOpenOrders", 1) { exchange, call throws(Refusal) in
            try exchange.cancelAllOpen(call.parameters, call.account)
        },
        command("POST /fapi/v1/countdownCancelAll", 10) { exchange, call throws(Refusal) in
            try exchange.countdown(call.parameters, call.account)
        },
        question("GET /fapi/v1/order", 1) { exchange, call throws(Refusal) in
            try exchange.queryOrder(call.parameters, call.account, onlyOpen: false)
        },
        question("GET /fapi/v1/openOrder", 1) { exchange, call throws(Refusal) in
            try exchange.queryOrder(call.parameters, call.account, onlyOpen: true)
        },
        question("GET /fapi/v1/openOrders", bySymbol(1, 40)) { exchange, call throws(Refusal) in
            try exchange.openOrders(call.parameters, call.account)
        },
        question("GET /fapi/v1/allOrders", 5) { exchange, call throws(Refusal) in
            try exchange.allOrders(call.parameters, call.account)
        },
        question("GET /fapi/v1/userTrades", 5) { exchange, call throws(Refusal) in
            try exchange.userTrades(call.parameters, call.account)
        },
        question("GET /fapi/v1/orderAmendment", 1) { exchange, call throws(Refusal) in
            try exchange.amendments(call.parameters, call.account)
        },
        question("GET /fapi/v1/forceOrders", bySymbol(20, 50)) { exchange, call throws(Refusal) in
            try exchange.forceOrders(call.parameters, call.account)
        },
        command("POST /fapi/v1/algoOrder", 0, orders: (1, 1)) { exchange, call throws(Refusal) in
            try exchange.newConditional(call.parameters, call.account)
        },
        command("DELETE /fapi/v1/algoOrder", 1) { exchange, call throws(Refusal) in
            try exchange.cancelConditional(call.parameters, call.account)
        },
        command("DELETE /fapi/v1/algoOpenOrders", 1) { exchange, call throws(Refusal) in
            try exchange.cancelConditionals(call.parameters, call.account)
        },
        question("GET /fapi/v1/algoOrder", 1) { exchange, call throws(Refusal) in
            try exchange.queryConditional(call.parameters, call.account)
        },
        question("GET /fapi/v1/openAlgoOrders", bySymbol(1, 40)) { exchange, call throws(Refusal) in
            try exchange.conditionals(call.parameters, call.account, onlyOpen: true)
        },
        question("GET /fapi/v1/allAlgoOrders", 5) { exchange, call throws(Refusal) in
            try exchange.conditionals(call.parameters, call.account, onlyOpen: false)
        },
    ]
}
