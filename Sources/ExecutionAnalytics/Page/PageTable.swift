/// A table with a heading for each column.
struct PageTable {
    struct Column {
        let name: String
        let style: String

        /// Words that may break.
        static func text(_ name: String) -> Column { Column(name: name, style: "word") }
        /// Words that stay on one line.
        static func short(_ name: String) -> Column { Column(name: name, style: "short") }
        static func number(_ name: String) -> Column { Column(name: name, style: "number") }
    }

    let caption: String
    let columns: [Column]
    let rows: [[Markup]]
    /// The last row is a sum.
    var hasTotal = false

    /// Scrolls sideways where it is wider than the page; the first cell of a row is its heading.
    var markup: Markup {
        let head = columns.map { tag("th", ["scope": "col", "class": $0.style], text: $0.name) }
        let body = rows.enumerated().map { index, row in
            tag(
                "tr",
                hasTotal && index == rows.count - 1 ? ["class": "total"] : [:],
                zip(row, columns).enumerated().map { place, cell in
                    place == 0
                        ? tag("th", ["scope": "row"], [cell.0])
                        : tag("td", ["class": cell.1.style], [cell.0])
                }
            )
        }
        return tag(
            "div",
            ["class": "scroll", "role": "region", "aria-label": caption, "tabindex": "0"],
            [
                tag(
                    "table",
                    [:],
                    [
                        tag("caption", text: caption), tag("thead", [:], [tag("tr", [:], head)]),
                        tag("tbody", [:], body),
                    ]
                )
            ]
        )
    }
}
