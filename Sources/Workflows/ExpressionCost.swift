/// How much work an expression may take, estimated from its text before anything runs.
///
/// The evaluator counts the same steps and stops at ``ExpressionEvaluator/mostSteps``; this bound tells an author while the
/// file is still being written. A list whose length the text does not show counts as ``assumedElements``, so that two
/// loops inside each other pass and three do not.
enum ExpressionCost {
    /// Elements of a list of unknown length.
    static let assumedElements = 50

    /// - Throws: Rule `cost` for what may take more steps than are done.
    static func check(_ expression: Expression) throws(ExpressionProblem) {
        let steps = steps(expression)
        guard steps > ExpressionEvaluator.mostSteps else { return }
        throw ExpressionProblem(
            offsets: expression.offsets,
            message: "the expression may take \(steps) steps; at most \(ExpressionEvaluator.mostSteps) are done",
            help: "a list of unknown length counts as \(assumedElements); nest fewer loops, or let a step do it",
            rule: "cost"
        )
    }

    /// Steps of one evaluation, saturating at `Int.max`.
    static func steps(_ expression: Expression) -> Int {
        switch expression.kind {
        case .literal, .name: 1
        case .member(let inner, _), .not(let inner), .negate(let inner), .has(let inner): sum(1, steps(inner))
        case .index(let list, let position): sum(1, steps(list), steps(position))
        case .list(let elements), .call(_, let elements): elements.reduce(1) { sum($0, steps($1)) }
        case .binary(.isIn, let left, let right): sum(1, steps(left), steps(right), elements(of: right))
        case .binary(_, let left, let right): sum(1, steps(left), steps(right))
        case .loop(_, let list, _, let body): sum(1, steps(list), product(elements(of: list), sum(1, steps(body))))
        }
    }

    /// Elements of the list that an expression yields.
    private static func elements(of expression: Expression) -> Int {
        switch expression.kind {
        case .list(let elements): elements.count
        case .loop(.map, let list, _, _), .loop(.filter, let list, _, _): elements(of: list)
        case .binary(.add, let left, let right): sum(elements(of: left), elements(of: right))
        default: assumedElements
        }
    }

    private static func sum(_ parts: Int...) -> Int {
        parts.reduce(0) { total, part in
            let (result, overflow) = total.addingReportingOverflow(part)
            return overflow ? .max : result
        }
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (result, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : result
    }
}
