/// Minimisation without derivatives, by a simplex that walks, stretches and shrinks.
///
/// Source: Nelder, Mead, "A simplex method for function minimization", The Computer Journal 7 (1965), with the usual
/// coefficients: reflect 1, expand 2, contract ½, shrink ½. It may stop early on a ridge; start it again from its result.
enum NelderMead {
    /// Walks down from a point.
    ///
    /// - Parameters:
    ///   - start: Where to begin.
    ///   - step: Size of the first simplex, along each axis.
    ///   - tolerance: Ends when the simplex' values differ by less.
    ///   - stepsMax: Ends after so many steps, whatever was reached.
    ///   - function: Must not give "not a number"; infinity is out of bounds.
    /// - Returns: The lowest point found, and its value.
    static func minimum(
        from start: [Double],
        step: Double,
        tolerance: Double,
        stepsMax: Int,
        of function: ([Double]) -> Double
    ) -> (point: [Double], value: Double) {
        typealias Vertex = (point: [Double], value: Double)
        let count = start.count
        var simplex: [Vertex] = [(start, function(start))]
        for axis in 0..<count {
            var point = start
            point[axis] += step
            simplex.append((point, function(point)))
        }
        // Stable, so equal values keep their order on every machine.
        func sort() {
            simplex = simplex.enumerated()
                .sorted { ($0.element.value, $0.offset) < ($1.element.value, $1.offset) }
                .map(\.element)
        }
        sort()
        for _ in 0..<stepsMax {
            if simplex[count].value - simplex[0].value <= tolerance { break }
            var center = Array(repeating: 0.0, count: count)
            for vertex in simplex.dropLast() {
                for axis in 0..<count { center[axis] += vertex.point[axis] / Double(count) }
            }
            let worst = simplex[count]
            func vertex(_ factor: Double) -> Vertex {
                let point = zip(center, worst.point).map { $0 + factor * ($0 - $1) }
                return (point, function(point))
            }
            let reflected = vertex(1)
            if reflected.value < simplex[0].value {
                let expanded = vertex(2)
                simplex[count] = expanded.value < reflected.value ? expanded : reflected
            } else if reflected.value < simplex[count - 1].value {
                simplex[count] = reflected
            } else {
                let contracted = vertex(reflected.value < worst.value ? 0.5 : -0.5)
                if contracted.value < min(reflected.value, worst.value) {
                    simplex[count] = contracted
                } else {
                    let best = simplex[0].point
                    for index in 1...count {
                        let point = zip(best, simplex[index].point).map { $0 + 0.5 * ($1 - $0) }
                        simplex[index] = (point, function(point))
                    }
                }
            }
            sort()
        }
        return simplex[0]
    }
}
