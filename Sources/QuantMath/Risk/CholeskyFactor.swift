/// The lower triangle `L` with `LLᵀ` the given matrix, which has to be symmetric and positive definite.
struct CholeskyFactor {
    private let rows: [[Double]]

    /// Share of a diagonal element that its pivot must keep; less is rounding, and the solution would be noise.
    private static let pivotMin = 1e-12

    init(_ matrix: [[Double]], order: Int, _ name: String) throws(FormulaError) {
        guard matrix.count == order, matrix.allSatisfy({ $0.count == order }) else {
            throw .outOfRange(input: "order of the \(name)", value: Double(matrix.count), range: "\(order) × \(order)")
        }
        var rows = Array(repeating: Array(repeating: 0.0, count: order), count: order)
        for row in 0..<order {
            for column in 0...row {
                let value = matrix[row][column]
                try FormulaError.requireFinite(value, "an element of the \(name)")
                let difference = (value - matrix[column][row]).magnitude
                guard difference <= 1e-9 * value.magnitude else {
                    throw .outOfRange(input: "asymmetry of the \(name)", value: difference, range: "0")
                }
                var rest = value
                for inner in 0..<column { rest -= rows[row][inner] * rows[column][inner] }
                if row == column {
                    guard value > 0, rest > Self.pivotMin * value else { throw .singular(input: name) }
                    rows[row][row] = rest.squareRoot()
                } else {
                    rows[row][column] = rest / rows[column][column]
                }
            }
        }
        self.rows = rows
    }

    /// The `x` with `LLᵀx` equal to `right`, by forward and back substitution.
    func solve(_ right: [Double]) -> [Double] {
        var x = right
        for row in rows.indices {
            for column in 0..<row { x[row] -= rows[row][column] * x[column] }
            x[row] /= rows[row][row]
        }
        for row in rows.indices.reversed() {
            for below in (row + 1)..<max(row + 1, rows.count) { x[row] -= rows[below][row] * x[below] }
            x[row] /= rows[row][row]
        }
        return x
    }
}
