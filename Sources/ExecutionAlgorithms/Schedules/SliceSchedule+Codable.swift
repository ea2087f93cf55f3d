import TradingDomain

/// Coded as one text for the plan, which never changes, beside the few values that do.
extension SliceSchedule: Codable {
    private enum CodingKeys: String, CodingKey { case plan, slices, end, catchUp, style, next, planned, finished }

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
        style = try container.decodeIfPresent(SliceStyle.self, forKey: .style) ?? SliceStyle()
        next = try container.decode(Int.self, forKey: .next)
        planned = try container.decode(Quantity.self, forKey: .planned)
        finished = try container.decode(Bool.self, forKey: .finished)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(plan, forKey: .plan)
        try container.encode(end, forKey: .end)
        try container.encode(catchUp, forKey: .catchUp)
        if style != SliceStyle() { try container.encode(style, forKey: .style) }
        try container.encode(next, forKey: .next)
        try container.encode(planned, forKey: .planned)
        try container.encode(finished, forKey: .finished)
    }

    /// The first slice as `units@nanoseconds`, the others as `units+step`: nanoseconds after the one before.
    ///
    /// A step like the last one is left out, and `n*` stands for `n` equal slices: most plans are a few words.
    static func plan(of slices: [Slice]) -> String {
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
