public import TradingDomain

/// One planned piece of a parent order.
public struct Slice: Codable, Hashable, Sendable {
    public let due: Timestamp
    public let quantity: Quantity

    public init(due: Timestamp, quantity: Quantity) {
        self.due = due
        self.quantity = quantity
    }
}

/// When to send how much, and what to do about what was missed; TWAP and VWAP differ only in how they fill it.
public struct SliceSchedule: Hashable, Sendable {
    /// In time order; every slice holds at least one lot, and they sum to the parent.
    public let slices: [Slice]
    /// When the plan ends: one interval after the last slice.
    public let end: Timestamp
    public let catchUp: CatchUpPolicy
    /// The slices as they are encoded, made once: the state is stored with every slice that is sent.
    private let plan: String
    /// Slices before this one are past.
    private var next = 0
    private var planned = Quantity.zero
    private var finished = false

    public init(slices: [Slice], end: Timestamp, catchUp: CatchUpPolicy) {
        self.slices = slices
        self.end = end
        self.catchUp = catchUp
        plan = Self.plan(of: slices)
    }

    /// Handles an event of the parent order: the whole behaviour of a scheduled algorithm.
    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        guard !finished else {
            if event == .resumed { actions.finish("schedule ended") }  // It had ended when the engine was lost.
            return
        }
        switch event {
        case .started, .timer, .resumed:
            sendDue(context, into: &actions)
            finishIfDone(context, into: &actions)
        case .filled, .childClosed, .refused:
            finishIfDone(context, into: &actions)
        case .cancelRequested:
            finished = true
            actions.finish("cancelled")
        case .paused, .quote, .trade, .amended:
            break  // A pause holds slices back; the session stops timers, and `resumed` catches up.
        }
    }

    private mutating func sendDue(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard context.now < end else {
            next = slices.count  // Woken too late: what is left stays unfilled.
            return
        }
        if next < slices.count, slices[next].due <= context.now {
            // Of several slices that are due at once only the latest goes out whole; the rest was missed.
            var latest = next
            while latest + 1 < slices.count, slices[latest + 1].due <= context.now { latest += 1 }
            for index in next..<latest { planned += slices[index].quantity }
            let missed = max(planned - context.progress.filled - context.progress.open, .zero)
            let quantity = slices[latest].quantity + makeUp(missed, at: latest, lot: context.parent.instrument.lot)
            planned += slices[latest].quantity
            next = latest + 1
            let size = min(quantity, context.progress.remaining)
            if size > .zero { actions.submit(ChildRequest(quantity: size, slice: latest + 1)) }
        } else if next == slices.count, context.progress.remaining > .zero, catchUp != .skip {
            // After the last slice what failed or was missed is tried again, a piece at a time.
            let size = min(context.progress.remaining, largestPiece)
            if size > .zero { actions.submit(ChildRequest(quantity: size, slice: slices.count)) }
        }
        if next < slices.count {
            actions.wake(at: slices[next].due)
        } else {
            actions.wake(at: retryTime(after: context.now))
        }
    }

    /// How much of what was missed goes out with slice `index`.
    private func makeUp(_ missed: Quantity, at index: Int, lot: Quantity) -> Quantity {
        guard missed > .zero else { return .zero }
        switch catchUp {
        case .skip:
            return .zero
        case .burst(let maximum):
            let (cap, overflow) = slices[index].quantity.units.multipliedReportingOverflow(by: Int64(max(0, maximum)))
            return overflow ? missed : min(missed, Quantity(units: cap))
        case .spread:
            let ahead = slices[index...].reduce(Quantity.zero) { $0 + $1.quantity }
            let share = missed.share(slices[index].quantity.units, of: ahead.units)
            let lots = (share.units + lot.units - 1) / lot.units
            let room = largestPiece - slices[index].quantity
            return min(missed.rounded(toLot: lot), Quantity(units: lots * lot.units), room)
        }
    }

    /// Two slices' worth: an outage must not end in one order for all that it missed (DESIGN §9).
    private var largestPiece: Quantity {
        let largest = slices.map(\.quantity).max() ?? .zero
        return largest + largest
    }

    private func retryTime(after now: Timestamp) -> Timestamp {
        let left = end - now
        return now + max(.seconds(1), left / 2)
    }

    private mutating func finishIfDone(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        let progress = context.progress
        if progress.filled >= progress.total {
            finished = true
            actions.finish("filled")
        } else if next == slices.count, progress.open <= .zero, context.now >= end || catchUp == .skip {
            finished = true
            actions.finish("schedule ended")
        }
    }
}

/// Coded as one text for the plan, which never changes, beside the few values that do.
extension SliceSchedule: Codable {
    private enum CodingKeys: String, CodingKey { case plan, slices, end, catchUp, next, planned, finished }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .plan) {
            guard let slices = Self.slices(of: text) else {
                let problem = "'\(text)' is no plan of slices"
                throw DecodingError.dataCorruptedError(forKey: .plan, in: container, debugDescription: problem)
            }
            self.slices = slices
        } else {
            slices = try container.decode([Slice].self, forKey: .slices)  // As it was stored before it was one text.
        }
        plan = Self.plan(of: slices)
        end = try container.decode(Timestamp.self, forKey: .end)
        catchUp = try container.decode(CatchUpPolicy.self, forKey: .catchUp)
        next = try container.decode(Int.self, forKey: .next)
        planned = try container.decode(Quantity.self, forKey: .planned)
        finished = try container.decode(Bool.self, forKey: .finished)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(plan, forKey: .plan)
        try container.encode(end, forKey: .end)
        try container.encode(catchUp, forKey: .catchUp)
        try container.encode(next, forKey: .next)
        try container.encode(planned, forKey: .planned)
        try container.encode(finished, forKey: .finished)
    }

    /// The first slice as `units@nanoseconds`, the others as `units+step`: nanoseconds after the one before.
    ///
    /// A step like the last one is left out, and `n*` stands for `n` equal slices: most plans are a few words.
    private static func plan(of slices: [Slice]) -> String {
        guard let first = slices.first else { return "" }
        var words = ["\(first.quantity.units)@\(first.due.nanoseconds)"]
        var step: Int64?
        var place = 1
        while place < slices.count {
            let (units, wait) = (slices[place].quantity.units, slices[place].since(slices[place - 1]))
            var run = 1
            while place + run < slices.count, slices[place + run].quantity.units == units,
                slices[place + run].since(slices[place + run - 1]) == wait
            {
                run += 1
            }
            words.append("\(run > 1 ? "\(run)*" : "")\(units)\(wait == step ? "" : "+\(wait)")")
            step = wait
            place += run
        }
        return words.joined(separator: " ")
    }

    /// Also reads plans whose slices all have their own time, as they were stored before.
    private static func slices(of plan: String) -> [Slice]? {
        var slices: [Slice] = []
        var step: Int64?
        for word in plan.split(separator: " ") {
            let absolute = word.split(separator: "@", omittingEmptySubsequences: false)
            if absolute.count == 2, let units = Int64(absolute[0]), let nanoseconds = Int64(absolute[1]) {
                slices.append(Slice(due: Timestamp(nanoseconds: nanoseconds), quantity: Quantity(units: units)))
                continue
            }
            var rest = word
            var run = 1
            if let star = rest.firstIndex(of: "*") {
                // A plan has a slice a second over a day at the most.
                guard let count = Int(rest[..<star]), (2...86_400).contains(count) else { return nil }
                run = count
                rest = rest[rest.index(after: star)...]
            }
            let parts = rest.split(separator: "+", omittingEmptySubsequences: false)
            guard let units = Int64(parts[0]), parts.count <= 2, var due = slices.last?.due.nanoseconds else {
                return nil
            }
            if parts.count == 2 {
                guard let wait = Int64(parts[1]) else { return nil }
                step = wait
            }
            guard let step else { return nil }
            for _ in 0..<run {
                let (next, overflow) = due.addingReportingOverflow(step)
                guard !overflow else { return nil }
                due = next
                slices.append(Slice(due: Timestamp(nanoseconds: due), quantity: Quantity(units: units)))
            }
        }
        return slices
    }
}

extension Slice {
    /// Nanoseconds since `earlier`; slices are in time order.
    fileprivate func since(_ earlier: Slice) -> Int64 { due.nanoseconds - earlier.due.nanoseconds }
}
