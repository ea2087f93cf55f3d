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

    /// `units@nanoseconds` for each slice, separated by spaces.
    static func plan(of slices: [Slice]) -> String {
        slices.map { "\($0.quantity.units)@\($0.due.nanoseconds)" }.joined(separator: " ")
    }

    private static func slices(of plan: String) -> [Slice]? {
        var slices: [Slice] = []
        for part in plan.split(separator: " ") {
            let numbers = part.split(separator: "@", omittingEmptySubsequences: false)
            guard numbers.count == 2, let units = Int64(numbers[0]), let nanoseconds = Int64(numbers[1]) else {
                return nil
            }
            slices.append(Slice(due: Timestamp(nanoseconds: nanoseconds), quantity: Quantity(units: units)))
        }
        return slices
    }
}
