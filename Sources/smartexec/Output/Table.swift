/// Columns of text for people.
struct Table: Sendable {
    struct Column: Hashable, Sendable {
        enum Alignment: Hashable, Sendable {
            case left
            /// For numbers.
            case right
        }

        var title: String
        var alignment: Alignment
        /// May be cut with `…` on a narrow terminal: prose, never a number or an id.
        var isFlexible: Bool
        /// Left out on a narrow terminal, the greatest first; 0 stays.
        var expendability = 0

        /// Text.
        static func text(_ title: String) -> Column { Column(title: title, alignment: .left, isFlexible: false) }
        /// A number; aligned right.
        static func number(_ title: String) -> Column { Column(title: title, alignment: .right, isFlexible: false) }
        /// Prose that gives way when the terminal is narrow.
        static func prose(_ title: String) -> Column { Column(title: title, alignment: .left, isFlexible: true) }

        /// The same column, left out on a narrow terminal before those of a smaller rank.
        func expendable(_ rank: Int) -> Column {
            var column = self
            column.expendability = rank
            return column
        }
    }

    private(set) var columns: [Column]
    private(set) var rows: [[String]] = []

    private static let gap = 2
    /// A flexible column is not cut below this: a line that wraps reads better than a stump.
    private static let leastFlexible = 8

    init(_ columns: [Column]) { self.columns = columns }

    /// - Parameter cells: One for each column; an empty one is shown as `–`.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
        rows.append(cells.map { $0.isEmpty ? "–" : Self.oneLine($0) })
    }

    /// The table without a final line break.
    ///
    /// - Parameters:
    ///   - width: Columns of the terminal, to which flexible columns are cut; `nil` for no limit.
    ///   - style: How titles are set off.
    ///   - decorate: Adds style to a padded cell of a row and column; it must not change the visible width.
    /// - Returns: One line for the titles, one for each row.
    func rendered(
        width: Int? = nil,
        style: TextStyle = .plain,
        decorate: (_ row: Int, _ column: Int, _ cell: String) -> String = { $2 }
    ) -> String {
        let widths = fitted(to: width)
        let title = line(columns.map(\.title), widths) { style.bold($1) }
        let lines = rows.enumerated().map { index, row in line(row, widths) { decorate(index, $0, $1) } }
        return ([title] + lines).joined(separator: "\n")
    }

    /// The table without expendable columns, as many as must go for the rest to fit `width`, and the titles of those.
    ///
    /// Left out whole they are better than every row on two lines.
    func narrowed(to width: Int?) -> (table: Table, without: [String]) {
        guard let width else { return (self, []) }
        var table = self
        var without: [String] = []
        while table.leastWidth > width {
            let candidates = table.columns.indices.filter { table.columns[$0].expendability > 0 }
            guard
                let first = candidates.max(by: { table.columns[$0].expendability < table.columns[$1].expendability })
            else { break }
            without.append(table.columns.remove(at: first).title)
            for row in table.rows.indices { table.rows[row].remove(at: first) }
        }
        return (table, without)
    }

    /// Columns that a line takes when nothing is cut.
    var naturalWidth: Int { fitted(to: nil).reduce(0, +) + Self.gap * max(0, columns.count - 1) }

    /// With its flexible columns cut as far as they may be.
    private var leastWidth: Int { fitted(to: 0).reduce(0, +) + Self.gap * max(0, columns.count - 1) }

    private func line(_ cells: [String], _ widths: [Int], _ decorate: (Int, String) -> String) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = cell.truncated(toWidth: widths[index])
            let padding = String(repeating: " ", count: widths[index] - text.displayWidth)
            let isLast = index == cells.count - 1
            if index > 0 { line += String(repeating: " ", count: Self.gap) }
            switch columns[index].alignment {
            case .right: line += decorate(index, padding + text)
            case .left: line += decorate(index, isLast ? text : text + padding)
            }
        }
        return line
    }

    /// Natural widths, flexible columns cut one column at a time, widest first, until the line fits.
    private func fitted(to width: Int?) -> [Int] {
        var widths = columns.indices.map { column in
            rows.reduce(columns[column].title.displayWidth) { max($0, $1[column].displayWidth) }
        }
        guard let width else { return widths }
        var excess = widths.reduce(0, +) + Self.gap * max(0, widths.count - 1) - width
        while excess > 0 {
            let candidates = columns.indices.filter { columns[$0].isFlexible && widths[$0] > Self.leastFlexible }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private static func oneLine(_ text: String) -> String {
        VisibleText.of(String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }))
    }
}
