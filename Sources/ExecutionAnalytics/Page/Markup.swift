/// A piece of a page that is well-formed by construction: text is escaped, elements are closed.
///
/// Written as XML, so that the whole page reads as one and as HTML too.
struct Markup: Hashable, Sendable, ExpressibleByStringInterpolation {
    let source: String

    private init(source: String) { self.source = source }

    /// A literal is text.
    init(stringLiteral text: String) { self.init(text) }

    /// Any text at all, escaped.
    init(_ text: String) { source = Self.escaped(text) }

    init(joining parts: [Markup]) { source = parts.map(\.source).joined() }

    static let empty = Markup(source: "")

    /// An element with attributes in the order given.
    static func element(_ name: String, _ attributes: [(String, String)], _ children: [Markup]) -> Markup {
        let opening = name + attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
        guard !children.isEmpty || !closesItself.contains(name) else { return Markup(source: "<\(opening)/>") }
        return Markup(source: "<\(opening)>\(children.map(\.source).joined())</\(name)>")
    }

    /// A style sheet, which must hold neither `<` nor `&`.
    static func style(_ sheet: String) -> Markup {
        precondition(!sheet.contains { "<&".contains($0) }, "a style sheet with markup in it")
        return Markup(source: "<style>\(sheet)</style>")
    }

    /// HTML's elements without content, and the shapes of SVG.
    private static let closesItself: Set<String> = ["meta", "br", "path", "line", "rect", "circle"]

    /// Text without meaning to a parser; what no document may hold becomes U+FFFD.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): result += "\u{FFFD}"
            case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// An element with any children.
func tag(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = []) -> Markup {
    Markup.element(name, attributes.map { ($0.key, $0.value) }, children)
}

/// An element that holds text.
func tag(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) -> Markup {
    tag(name, attributes, [Markup(text)])
}
