import TradingDomain

/// Order events as lines of text: number, business time in nanoseconds, kind and JSON, with tabs between them.
///
/// Most of what a busy account stores are intents, acknowledgements and fills, so their JSON is written by hand, several
/// times as fast as through `Codable`. What is written is exactly what ``CompactJSON`` writes, and a test holds every
/// case to that: a property that is missing here fails it.
struct EventDocuments {
    private(set) var bytes: [UInt8] = []
    /// The last time that was written, since the events of a batch share few.
    private var lastTime: (time: Timestamp, text: String)?

    init() { bytes.reserveCapacity(1024) }

    /// Forgets what was written and keeps the room.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends an event's line with its end.
    ///
    /// JSON holds neither tabs nor line ends of its own.
    mutating func append(line event: JournaledEvent) throws {
        integer(event.sequence)
        byte("\t")
        integer(event.at.nanoseconds)
        byte("\t")
        raw(event.event.kind)
        byte("\t")
        try append(event.event)
        byte("\n")
    }

    /// Appends an event's JSON.
    mutating func append(_ event: OrderEvent) throws {
        switch event {
        case .child(let id, .intended(let order, let seen)):
            child(id, #"intended":{"_0":"#)
            append(order)
            if let seen {
                raw(#","seen":"#)
                append(seen)
            }
            raw("}}}}")
        case .child(let id, .acknowledged(let broker, let time)):
            child(id, #"acknowledged":{"_0":"#)
            text(broker.text)
            raw(#","at":"#)
            append(time)
            raw("}}}}")
        case .child(let id, .filled(let fill)):
            child(id, #"filled":{"_0":"#)
            append(fill)
            raw("}}}}")
        case .parent, .child:
            bytes += try CompactJSON.encode(event)
        }
    }

    private mutating func child(_ id: ClientOrderID, _ begin: StaticString) {
        raw(#"{"child":{"_0":"#)
        text(id.text)
        raw(#","_1":{""#)
        raw(begin)
    }

    private mutating func append(_ order: ChildOrder) {
        raw(#"{"id":"#)
        text(order.id.text)
        raw(#","parent":"#)
        text(order.parent.text)
        raw(#","account":"#)
        text(order.account.text)
        raw(#","instrument":"#)
        append(order.instrument)
        raw(#","side":"#)
        text(order.side.rawValue)
        raw(#","request":"#)
        append(order.request)
        raw(#","requestTime":"#)
        append(order.requestTime)
        raw(#","validFor":"#)
        append(order.validFor)
        if let replaces = order.replaces {
            raw(#","replaces":"#)
            text(replaces.text)
        }
        if let retryOf = order.retryOf {
            raw(#","retryOf":"#)
            text(retryOf.text)
        }
        if let attempt = order.attempt {
            raw(#","attempt":"#)
            integer(attempt)
        }
        byte("}")
    }

    /// As the standard library codes a duration: its attoseconds in two words.
    private mutating func append(_ duration: Duration) {
        let attoseconds = duration.attoseconds
        byte("[")
        integer(Int64(attoseconds >> 64))
        byte(",")
        integer(UInt64(truncatingIfNeeded: attoseconds))
        byte("]")
    }

    private mutating func append(_ instrument: Instrument) {
        raw(#"{"symbol":"#)
        text(instrument.symbol.text)
        raw(#","venue":"#)
        text(instrument.venue)
        raw(#","currency":"#)
        text(instrument.currency.rawValue)
        raw(#","assetClass":"#)
        text(instrument.assetClass.rawValue)
        raw(#","tick":""#)
        raw(instrument.tick.description)
        raw(#"","lot":""#)
        raw(instrument.lot.description)
        raw(#"","contractMultiplier":""#)
        raw(instrument.contractMultiplier.description)
        raw(#"","minimumNotional":"#)
        append(instrument.minimumNotional)
        if let most = instrument.marketMost {
            raw(#","marketMost":""#)
            raw(most.description)
            byte("\"")
        }
        raw(#","calendar":"#)
        text(instrument.calendar)
        byte("}")
    }

    private mutating func append(_ request: ChildRequest) {
        raw(#"{"quantity":""#)
        raw(request.quantity.description)
        switch request.type {
        case .market:
            raw(#"","type":{"market":{}}"#)
        case .limit(let price):
            raw(#"","type":{"limit":{"_0":""#)
            raw(price.description)
            raw(#""}}"#)
        }
        raw(#","timeInForce":"#)
        text(request.timeInForce.rawValue)
        raw(#","slice":"#)
        integer(request.slice)
        if let postOnly = request.postOnly { raw(postOnly ? #","postOnly":true"# : #","postOnly":false"#) }
        if let maxAge = request.maxAge {
            raw(#","maxAge":"#)
            append(maxAge)
        }
        if let only = request.reduceOnly { raw(only ? #","reduceOnly":true"# : #","reduceOnly":false"#) }
        byte("}")
    }

    private mutating func append(_ seen: MarketSeen) {
        byte("{")
        decimal(#""bid":""#, seen.bid?.description)
        decimal(#""ask":""#, seen.ask?.description)
        decimal(#""last":""#, seen.last?.description)
        raw(#""at":"#)
        append(seen.at)
        byte(",")
        decimal(#""bidSize":""#, seen.bidSize?.description)
        decimal(#""askSize":""#, seen.askSize?.description)
        decimal(#""volume":""#, seen.volume?.description)
        decimal(#""bidLiquidity":""#, seen.bidLiquidity?.description)
        decimal(#""askLiquidity":""#, seen.askLiquidity?.description)
        // Every property leaves a comma; the last one closes the object.
        bytes[bytes.count - 1] = UInt8(ascii: "}")
    }

    private mutating func append(_ fill: Fill) {
        raw(#"{"account":"#)
        text(fill.account.text)
        raw(#","symbol":"#)
        text(fill.symbol.text)
        raw(#","tradeID":"#)
        text(fill.tradeID.text)
        raw(#","clientOrderID":"#)
        text(fill.clientOrderID.text)
        raw(#","side":"#)
        text(fill.side.rawValue)
        raw(#","quantity":""#)
        raw(fill.quantity.description)
        raw(#"","price":""#)
        raw(fill.price.description)
        raw(#"","notional":"#)
        append(fill.notional)
        raw(#","commission":"#)
        append(fill.commission)
        raw(#","tradedAt":"#)
        append(fill.tradedAt)
        byte("}")
    }

    private mutating func append(_ money: Money) {
        raw(#"{"amount":""#)
        raw(money.amount.description)
        raw(#"","currency":"#)
        text(money.currency.rawValue)
        byte("}")
    }

    private mutating func append(_ time: Timestamp) {
        if lastTime?.time != time { lastTime = (time, time.description) }
        byte("\"")
        raw(lastTime?.text ?? "")
        byte("\"")
    }

    // MARK: Text

    /// Appends a property with a decimal and the comma after it, when there is one.
    private mutating func decimal(_ key: StaticString, _ digits: String?) {
        guard let digits else { return }
        raw(key)
        raw(digits)
        raw(#"","#)
    }

    private mutating func byte(_ character: Unicode.Scalar) { bytes.append(UInt8(ascii: character)) }

    private mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Appends a text that needs no escaping.
    private mutating func raw(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func text(_ text: String) { CompactJSON.append(text, to: &bytes) }

    private mutating func integer(_ number: some FixedWidthInteger) { raw(String(number)) }
}
