public import MarketData
import Matching
import OrderManagement
import TradingDomain

/// What the recorded market does to working orders.
extension SimulatedVenue {
    /// Takes past market data as the state of the market, without trading anything on it.
    ///
    /// Restored orders take their place in the queue from it: everything after the moment at which they were stored.
    public mutating func show(_ events: [MarketEvent]) {
        for event in events { take(event, tradingOn: nil) }
    }

    public mutating func market(_ event: MarketEvent) {
        let index = floors.index(of: event.symbol)
        if case .bar(let bar) = event {
            // A bar fills orders only where no book is known.
            if floors[index].market.isEmpty { trade(against: bar, index) }
            return
        }
        take(event, tradingOn: index)
    }

    /// Brings the recorded market up to date; `index` is the instrument's when orders may trade on the event.
    private mutating func take(_ event: MarketEvent, tradingOn trading: Int?) {
        switch event {
        case .quote(let quote):
            let index = trading ?? floors.index(of: quote.symbol)
            floors[index].market.apply(quote)
            guard quote.isUsable else {
                floors[index].offer = nil
                return
            }
            let lot = trading.flatMap { firstLot($0) } ?? Quantity(units: 1)
            floors[index].offer = VenueFloors.Floor.Offer(
                bidLeft: model.share(of: quote.bidSize, lot: lot),
                askLeft: model.share(of: quote.askSize, lot: lot)
            )
            if floors[index].hasQueues { queueUp(index, at: quote.at, everyLevel: false) }
            if trading != nil { tradeTouched(index, quote.bid, quote.ask, at: quote.at) }
        case .depth(let depth):
            let index = trading ?? floors.index(of: depth.symbol)
            floors[index].market.apply(depth)
            floors[index].hasQueues = true
            queueUp(index, at: depth.at, everyLevel: true)
            if trading != nil, let bid = floors[index].market.best(.buy), let ask = floors[index].market.best(.sell) {
                tradeTouched(index, bid, ask, at: depth.at)
            }
        case .trade(let trade):
            let index = trading ?? floors.index(of: trade.symbol)
            floors[index].hasQueues = true
            reach(index, trade, fills: trading != nil)
        case .bar: break
        }
    }

    private func firstLot(_ index: Int) -> Quantity? {
        let floor = floors[index]
        guard
            let place = floor.takers.first ?? floor.resting.front(.buy).map({ Int($0.id.number) })
                ?? floor.resting.front(.sell).map({ Int($0.id.number) })
        else { return nil }
        return floors.ids[place].flatMap { orders[$0]?.order.instrument.lot }
    }

    private mutating func tradeTouched(_ index: Int, _ bid: Price, _ ask: Price, at time: Timestamp) {
        for id in floors.within(index, bid: bid, ask: ask) where orders[id].map({ $0.arrivedAt <= time }) == true {
            trade(id, index, at: time)
        }
    }

    // MARK: Taking what is shown

    /// The best price that an order would trade at now.
    func touch(_ order: ChildOrder) -> Price? {
        floors.floor(of: order.instrument.symbol)?.market.best(order.side.opposite)
    }

    /// Lets an order that has just arrived trade, and gives the rest of it its place in the queue.
    mutating func arrive(_ id: ClientOrderID, at now: Timestamp) {
        guard let order = orders[id]?.order else { return }
        let index = floors.index(of: order.instrument.symbol)
        let hasQueues = floors[index].hasQueues
        // What stands before the market is met first, and the order's own price once it rests there.
        if hasQueues, let touch = touch(order), order.isMarketable(at: touch) {
            giveWay(order.side.opposite, index, at: now) { order.side == .buy ? $0 < touch : $0 > touch }
        }
        trade(id, index, at: now)
        guard hasQueues, let rest = orders[id], rest.state == .working else { return }
        if let price = rest.restingPrice {
            giveWay(order.side.opposite, index, at: now) { order.side == .buy ? $0 <= price : $0 >= price }
        }
        seat(id, index, at: now)
    }

    /// Trades an order against what the market offers.
    private mutating func trade(_ id: ClientOrderID, _ index: Int, at now: Timestamp) {
        guard let order = orders[id], order.state == .working else { return }
        guard let touch = floors[index].market.best(order.order.side.opposite) else { return }
        if floors[index].isDeep {
            sweep(order, index, at: now)
        } else {
            takeTouch(order, index, touch, at: now)
        }
        endIfImmediate(id, at: now)
    }

    /// Takes a share of what the best price shows.
    private mutating func takeTouch(_ order: VenueOrder, _ index: Int, _ touch: Price, at now: Timestamp) {
        let child = order.order
        guard let offer = floors[index].offer, child.isMarketable(at: touch) else { return }
        let left = (child.side == .buy ? offer.askLeft : offer.bidLeft).rounded(toLot: child.instrument.lot)
        let size = min(order.remaining, left)
        guard size > .zero, child.request.timeInForce != .fillOrKill || size == order.remaining else { return }
        if child.side == .buy {
            floors[index].offer?.askLeft -= size
        } else {
            floors[index].offer?.bidLeft -= size
        }
        // Whoever waited in the queue is met at its own price.
        let own = order.queue == nil ? nil : order.restingPrice
        fill(child.id, size, at: own ?? model.price(touch, size, child), time: now)
    }

    /// Takes what a deep book shows, level by level.
    private mutating func sweep(_ order: VenueOrder, _ index: Int, at now: Timestamp) {
        let child = order.order
        let shown = floors[index].market.levels(child.side.opposite)
        let lot = child.instrument.lot
        var parts: [(price: Price, size: Quantity)] = []
        var wanted = order.remaining
        for level in shown {
            guard wanted > .zero, child.isMarketable(at: level.price) else { break }
            let offered = model.depthShare(of: level.size, lot: lot) - level.taken
            let size = min(wanted, max(offered, .zero)).rounded(toLot: lot)
            guard size > .zero else { continue }
            parts.append((level.price, size))
            wanted -= size
        }
        if child.request.timeInForce == .fillOrKill, wanted > .zero { return }
        let own = order.queue == nil ? nil : order.restingPrice
        for part in parts {
            floors[index].market.take(part.size, child.side.opposite, at: part.price)
            // Data may lie between two ticks; the venue trades on the grid, on the side that is no better for us.
            let price = part.price.rounded(to: child.instrument.tick, for: child.side.opposite)
            fill(child.id, part.size, at: own ?? price, time: now)
        }
    }

    /// Expires our own resting orders that an incoming one would meet: they never trade with each other.
    private mutating func giveWay(_ side: Side, _ index: Int, at now: Timestamp, isMet: (Price) -> Bool) {
        while let own = floors[index].resting.front(side), isMet(own.price), let id = floors.ids[Int(own.id.number)] {
            end(id, .expired, at: now)
        }
    }

    // MARK: Waiting in the queue

    /// Gives an order that waits its place behind what is shown at its price.
    private mutating func seat(_ id: ClientOrderID, _ index: Int, at now: Timestamp) {
        guard let order = orders[id], order.queue == nil, let price = order.restingPrice else { return }
        // Where only the best price is shown, an order that reaches it goes on taking what is offered there.
        if !floors[index].isDeep, let touch = touch(order.order), order.order.isMarketable(at: touch) { return }
        orders[id]?.queue = QueuePosition(
            behind: floors[index].market.shown(order.order.side, at: price),
            at: max(now, order.arrivedAt)
        )
    }

    /// Tells waiting orders what their levels show: every one's, or those at the best price and better.
    private mutating func queueUp(_ index: Int, at time: Timestamp, everyLevel: Bool) {
        guard floors[index].resting.count > 0 else { return }
        for side in Side.allCases {
            guard let best = floors[index].market.best(side) else { continue }
            for level in floors[index].resting.levels(side) {
                if !everyLevel, side == .buy ? level.price < best : level.price > best { break }
                // Levels behind one that is not shown are not shown either.
                guard let shown = floors[index].market.shown(side, at: level.price) else { break }
                for resting in floors[index].resting.orders(side, at: level.price) {
                    queueUp(Int(resting.id.number), index, behind: shown, at: time)
                }
            }
        }
    }

    private mutating func queueUp(_ place: Int, _ index: Int, behind shown: Quantity, at time: Timestamp) {
        guard let id = floors.ids[place], let order = orders[id] else { return }
        if let queue = order.queue {
            if queue.asOf < time { orders[id]?.queue?.levelShows(shown, at: time) }
        } else if order.arrivedAt < time {
            seat(id, index, at: time)
        }
    }

    /// Lets a trade of the market reach the orders that wait at its price and beyond.
    private mutating func reach(_ index: Int, _ trade: Trade, fills: Bool) {
        guard floors[index].resting.count > 0 else { return }
        for side in Side.allCases where couldMeet(side, trade, floors[index].market) {
            var given = Quantity.zero
            for resting in floors[index].resting.orders(side, atLeast: trade.price) {
                guard let id = floors.ids[Int(resting.id.number)], let order = orders[id] else { continue }
                guard let queue = order.queue else {
                    if order.arrivedAt < trade.at { seat(id, index, at: trade.at) }
                    continue
                }
                guard queue.asOf < trade.at else { continue }
                var reached = trade.size
                if resting.price == trade.price {
                    reached = orders[id]?.queue?.traded(trade.size, at: trade.at) ?? .zero
                } else {
                    orders[id]?.queue?.tradedThrough()
                }
                guard fills else { continue }
                let lot = order.order.instrument.lot
                let size = min(order.remaining, max(reached - given, .zero)).rounded(toLot: lot)
                guard size > .zero else { continue }
                given += size
                fill(id, size, at: resting.price, time: trade.at)
            }
        }
    }

    /// Whether a trade's taker could have met orders that rest on `side`.
    ///
    /// Where the taker's side is not told, only a trade inside the best prices is believed: a tape also prints trades late and
    /// at prices that were agreed elsewhere.
    private func couldMeet(_ side: Side, _ trade: Trade, _ market: RecordedBook) -> Bool {
        if let aggressor = trade.aggressor { return aggressor != side }
        guard let bid = market.best(.buy), let ask = market.best(.sell) else { return false }
        return trade.price >= bid && trade.price <= ask
    }

    // MARK: Bars

    /// Trades all working orders of an instrument at the end of a bar, in order of arrival.
    private mutating func trade(against bar: Bar, _ index: Int) {
        var left: Quantity?
        // No order trades at a price that the bar did not reach.
        for id in floors.within(index, bid: bar.high, ask: bar.low) {
            guard let order = orders[id], order.arrivedAt < bar.end else { continue }
            let last = max(bar.end - .milliseconds(1), order.arrivedAt)
            let child = order.order
            var available = left ?? model.share(of: bar.volume, lot: child.instrument.lot)
            let touch = model.touch(bar, child)
            let limit = child.request.type.limitPrice
            // A resting limit fills where the bar traded through it while the order was there for the whole bar.
            let through = limit.map {
                order.arrivedAt <= bar.start && (child.side == .buy ? bar.low < $0 : bar.high > $0)
            }
            let base = child.isMarketable(at: touch) ? touch : through == true ? limit : nil
            var size = base == nil ? .zero : min(order.remaining, available)
            if child.request.timeInForce == .fillOrKill, size < order.remaining { size = .zero }
            if size > .zero, let base {
                available -= size
                // The venue stamps the trade inside the bar that it was part of, and never before it had the order.
                fill(id, size, at: model.price(base, size, child), time: last)
            }
            left = available
            endIfImmediate(id, at: bar.end)
        }
    }
}
